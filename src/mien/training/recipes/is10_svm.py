"""openSMILE's INTERSPEECH 2010 functionals (1582) and an SVM with an RBF kernel.

The audio baseline of the EmotiW challenges and of papers 001 and 002 ("emobase2010"; Schuller et
al. 2010). On RAVDESS speech with unseen actors it reads about 57 % over eight classes, with
random folds that share actors about 78 %: the same system, and a warning.

Needs the extra `opensmile`, whose licence is for research.
"""

from mien.training.recipes.declaration import Branch, Recipe, Svm

RECIPE = Recipe(
    name="is10_svm",
    summary="voice: openSMILE IS10 functionals (1582) and an RBF SVM",
    branches={"voice": Branch("voice", "is10", Svm(c=10.0))},
)

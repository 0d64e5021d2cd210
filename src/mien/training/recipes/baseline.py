"""The video baseline of the EmotiW challenges: LBP-TOP of the aligned face and an SVM.

Papers 001 and 002 compare themselves with it: 38.81 % on the 383 validation clips, by LBP-TOP and
"a SVR" as paper 002 says (3.3). A support vector machine with a linear kernel stands here in place
of the regression, which on class labels is the same machine with another loss.
"""

from mien.training.recipes.declaration import Branch, Recipe, Svm

RECIPE = Recipe(
    name="baseline",
    summary="EmotiW's video baseline: LBP-TOP of the face and a linear SVM",
    branches={"face": Branch("face", "lbp_top", Svm(c=0.01, kernel="linear"))},
)

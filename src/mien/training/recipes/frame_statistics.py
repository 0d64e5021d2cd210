"""Frame statistics: the strong simple baseline of video emotion recognition.

Embeddings of single faces, their mean, deviation, minimum and maximum over the clip, and a linear
classifier: with a network that was trained on a large corpus of faces it reads 59 % on AFEW's
validation clips (Savchenko 2022), more than any network over time of the five papers. Here the
default bundle's face network makes the embeddings; any other one by
`--set face.settings.encoder=onnx:FILE` (`mien.features.extractors.onnx_network`).
"""

from mien.training.recipes.declaration import Branch, Recipe, Svm

RECIPE = Recipe(
    name="frame_statistics",
    summary="face: mean, deviation, minimum, maximum of embeddings, and a linear SVM",
    branches={"face": Branch("face", "frame_statistics", Svm(c=0.01, kernel="linear"))},
    search={"face.model.c": "0.0001:10.0:log"},
)

"""VGG-Face on FER2013 as in paper 002 (section 2.3), at full width: 71.2 % on the private test.

"We then fine-tune the VGG-face model on FER 2013 dataset, using both the training and the public
test set" (`--folds train+val`), with the scale jittered, faces flipped and turned, and 5 % of the
nodes of the last layer kept. The pictures go through the same detection and alignment as the
clips; where no face is found in a picture, it is left out. Then
`mien papers temporal --init vgg_face=RUN`.
"""

from dataclasses import replace
from typing import cast

from mien.training.recipes.declaration import Branch, Encoder, Recipe
from mien.training.recipes.networks import Changes
from mien.training.recipes.temporal import FACES
from mien.training.recipes.temporal import RECIPE as TEMPORAL

_ENCODER = cast(Encoder, TEMPORAL.branches["vgg"].model)

RECIPE = Recipe(
    name="temporal_fer2013",
    summary="paper 002, first step: VGG-Face on FER2013, for --init of temporal",
    branches={
        "vgg": Branch(
            "face",
            "faces",
            replace(_ENCODER, changes=Changes(flip=True, rotate=10.0, scale=0.1)),
            FACES,
        )
    },
    fusions={},
    inner=0,
)

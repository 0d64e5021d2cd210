"""VGG-Face on FER2013: the first of the three steps of paper 001 (section 2.1), at full width.

"First, the modified VGG network is trained on the facial expression recognition 2013 database",
35,887 pictures in seven classes. The pictures are those faces already, so they are taken as they
are. Then `mien papers hybrid --init vgg_face=RUN` fine-tunes it on AFEW's faces, and puts the LSTM
on it.
"""

from mien.training.recipes.declaration import Branch, Recipe, Settings
from mien.training.recipes.hybrid import FACES as ENCODER

FACES: Settings = {"fps": 1.0, "size": 224}

RECIPE = Recipe(
    name="hybrid_fer2013",
    summary="paper 001, first step: VGG-Face on FER2013, for --init of hybrid",
    branches={"vgg": Branch("frame", "frames", ENCODER, FACES)},
    fusions={},
    inner=0,
)

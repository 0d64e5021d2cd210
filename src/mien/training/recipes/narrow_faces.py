"""Narrow encoders of faces for the papers' recipes at `--size small`: trained once, then `--init`.

On FER2013 pictures (`mien data prepare fer2013`): ResNet-50, and a C3D, which sees each picture 16
times. FER2013 has no actor of any clip corpus. What stands in for VGG-Face there has weights of
its own, and `mien train hybrid_fer2013 --size small` takes those to FER2013.
"""

from mien.training.recipes.declaration import Branch, Recipe, Settings
from mien.training.recipes.networks import (
    C3d,
    Changes,
    Encoder,
    Net,
    Resnet,
    TrainingConfig,
)
from mien.training.recipes.size import CROP, SIDE, WIDTH
from mien.training.schedules import OptimConfig

FACES: Settings = {"fps": 1.0, "size": CROP}
CHANGES = Changes(flip=True, rotate=10.0, translate=0.08)


DROPOUT = 0.1
"""The originals' 0.5 is for nets eight times as wide: here it halves what they learn."""


def _faces(net: Net, steps: int, window: int = 1) -> Branch:
    fit = OptimConfig(
        epochs=10, steps=steps, optimiser="adamw", rate=2e-3, weight_decay=1e-2, average=0.99
    )
    encoder = Encoder(net, TrainingConfig(fit, batch=64), CHANGES, window=window)
    return Branch("frame", "frames", encoder, FACES)


RECIPE = Recipe(
    name="narrow_faces",
    summary="narrow ResNet-50 and C3D on FER2013, for --init of the papers at small",
    branches={
        "resnet": _faces(Resnet(WIDTH, SIDE), 600),
        "c3d": _faces(C3d(WIDTH, SIDE, batch_norm=True, dropout=DROPOUT), 80, 16),
    },
    fusions={},
    inner=0,
)

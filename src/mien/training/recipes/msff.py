"""Multiple spatio-temporal feature fusion: VGG-Face, ResNet-50, C3D, VGG-19 on sound (paper 004).

Lu et al., EmotiW 2018. It claims 53.91 % for VGG-Face + BLSTM, 49.31 % for ResNet-50 + BLSTM,
39.36 % for C3D, 30.81 % for VGG-19 + BLSTM on spectrograms, and 56.05 % on the validation and
60.64 % on the test clips for the four together (tables 1 and 2).
"""

from dataclasses import replace

from mien.features.samplers import FrameSampler
from mien.fusion.weighted_mean import WeightedMean
from mien.training.recipes.declaration import Branch, Joined, Recipe, Settings, Svm
from mien.training.recipes.networks import (
    C3d,
    Changes,
    Encoder,
    Net,
    Recurrent,
    Resnet,
    TrainingConfig,
    Vgg,
)
from mien.training.schedules import OptimConfig

FACES: Settings = {"fps": 25.0, "size": 256, "colour": True, "detector": "mtcnn", "every": 0.0}
SOUND: Settings = {"size": 224}
RATES = (1.0, 0.75, 0.5, 0.25)
"""Sample rates of the sound, in parts of the original one, to have more data (3.1)."""
STEP = 1 / 42
"""Of the weights of scores: those that are printed are (26, 1, 2, 13) / 42."""

# 0.01, times 0.95 an epoch, batch 8 clips (3.3); optimiser and epochs not given (4-17)
_FIT = OptimConfig(
    epochs=30,
    steps=100,
    optimiser="sgd",
    rate=1e-2,
    schedule="exponential",
    warmup=0.0,
    gamma=0.95,
    average=0.0,
    clip=0.0,
)


def frozen(net: Net, start: str, free: str, window: int = 1) -> Encoder:
    """Only the fully connected layers are fine-tuned (2.1.1, 2.1.2, 2.1.4), eight at a time."""
    return Encoder(
        net,
        TrainingConfig(
            replace(_FIT, rates=((free, 1.0), ("", 0.0))), batch=8, smoothing=0.0, even=False
        ),
        Changes(corner_crop=True, flip=True, translate=0.05),
        window=window,
        start=start,
    )


def over_time(on: str) -> Recurrent:
    """Two layers of 256, read both ways, eight frames a clip (2.1.3)."""
    return Recurrent(
        TrainingConfig(replace(_FIT, steps=25), batch=8, smoothing=0.0, even=False, drop_rows=0.0),
        on=on,
        sampler=FrameSampler("segments", 8),
        hidden=256,
        layers=2,
        bidirectional=True,
        dropout=0.5,
    )


RECIPE = Recipe(
    name="msff",
    summary="paper 004: VGG-Face and ResNet-50 with BLSTM, C3D, VGG-19 with BLSTM on spectrograms",
    branches={
        "vgg": Branch(
            "face",
            "faces",
            frozen(Vgg(16, layer="fc7"), "vgg_face", "net.classifier."),
            FACES,
        ),
        "vgg_blstm": Branch("face", "faces", over_time("vgg"), FACES),
        "resnet": Branch("face", "faces", frozen(Resnet(), "resnet50", "net.fc."), FACES),
        "resnet_blstm": Branch("face", "faces", over_time("resnet"), FACES),
        "c3d": Branch("face", "faces", frozen(C3d(), "c3d", "net.fc", 16), FACES),
        "vgg19": Branch(
            "voice",
            "spectrograms",
            Encoder(
                Vgg(19, layer="fc7"),
                TrainingConfig(_FIT, batch=8, smoothing=0.0, even=False),
                Changes(gaussian=8.0, salt_and_pepper=0.02, rates=RATES),
                start="vgg19",
            ),
            SOUND,
        ),
        "vgg19_blstm": Branch("voice", "spectrograms", over_time("vgg19"), SOUND),
        "smile": Branch("voice", "is09", Svm(c=1.0)),
    },
    fusions={
        "four": Joined(
            WeightedMean(step=STEP), ("vgg_blstm", "resnet_blstm", "c3d", "vgg19_blstm")
        ),
        "smile_in_place": Joined(
            WeightedMean(step=STEP), ("vgg_blstm", "resnet_blstm", "c3d", "smile")
        ),
        "five": Joined(
            WeightedMean(step=STEP), ("vgg_blstm", "resnet_blstm", "c3d", "vgg19_blstm", "smile")
        ),
        "faces": Joined(WeightedMean(step=STEP), ("vgg_blstm", "resnet_blstm", "c3d")),
        "two_and_sound": Joined(
            WeightedMean(step=STEP), ("vgg_blstm", "resnet_blstm", "vgg19_blstm")
        ),
    },
)

FIXED = replace(
    RECIPE,
    summary=f"{RECIPE.summary}; all layers fine-tuned, gradients clipped",
    branches={
        name: replace(
            branch,
            model=replace(
                branch.model,
                schooling=replace(
                    branch.model.schooling,
                    fit=replace(branch.model.schooling.fit, rates=(), clip=5.0),
                ),
            ),
        )
        if isinstance(branch.model, Encoder)
        else branch
        for name, branch in RECIPE.branches.items()
    },
)
"""Frozen convolutions are of use only where they come from large corpora, as in the paper."""

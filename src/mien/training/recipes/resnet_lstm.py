"""ResNet-20 and a three-layer LSTM on whole frames, and discriminants of the sound (paper 003).

A student project on AFEW whose training "did not converge"; it has no numbers. `RECIPE` keeps the
learning rates that it printed, 1e-8 to 1e-6, so that the loss stays at ln 7; `FIXED` takes rates
that work. Here its four parts are fitted one after the other; `resnet_lstm_joint` is the paper's
one network.
"""

from dataclasses import replace
from typing import cast

from mien.features.samplers import FrameSampler
from mien.fusion.concat_mlp import ConcatMlp
from mien.training.recipes.declaration import Branch, Joined, Recipe, Settings
from mien.training.recipes.networks import CifarResnet, Encoder, Mlp, Recurrent, TrainingConfig
from mien.training.schedules import OptimConfig

FRAMES: Settings = {"fps": 25.0, "size": 256}

# 20 epochs of SGD, batch 16; the rate is the middle of the paper's range (3-12, 3-13)
PRINTED = OptimConfig(
    epochs=20,
    steps=50,
    optimiser="sgd",
    rate=1e-7,
    schedule="constant",
    warmup=0.0,
    average=0.0,
    clip=0.0,
)
MENDED = replace(PRINTED, optimiser="adam", rate=1e-3, schedule="one_cycle", warmup=0.1, clip=5.0)

RECIPE = Recipe(
    name="resnet_lstm",
    summary="paper 003: ResNet-20 and 3-layer LSTM on whole frames, LDA audio net; as printed",
    branches={
        "frames": Branch(
            "frame",
            "frames",
            Encoder(
                CifarResnet(size=32, grid=1),  # the literal map without pooling is refused (3-04)
                TrainingConfig(PRINTED, batch=16, smoothing=0.0, even=False),
                start="resnet20",
            ),
            FRAMES,
        ),
        "frames_lstm": Branch(
            "frame",
            "frames",
            Recurrent(
                TrainingConfig(PRINTED, batch=16, smoothing=0.0, even=False, drop_rows=0.0),
                on="frames",
                sampler=FrameSampler("uniform", 32),
                hidden=128,
                layers=3,
                standardise=False,
            ),
            FRAMES,
        ),
        "audio": Branch(
            "voice",
            "is10",
            Mlp(
                TrainingConfig(PRINTED, batch=16, smoothing=0.0, even=False),
                hidden=(256, 128, 64),
                batch_norm=False,
                dropout=0.5,
                reduce="lda",  # "to 512 dimensions", of which six exist (3-07)
            ),
        ),
    },
    fusions={"concat": Joined(ConcatMlp(), ("frames_lstm", "audio"))},
)


def _encoder() -> Encoder:
    model = cast(Encoder, RECIPE.branches["frames"].model)
    return replace(model, schooling=TrainingConfig(MENDED, batch=16, smoothing=0.0))


def _over_time() -> Recurrent:
    model = cast(Recurrent, RECIPE.branches["frames_lstm"].model)
    school = TrainingConfig(MENDED, batch=16, smoothing=0.0, drop_rows=0.0)
    return replace(model, schooling=school, standardise=True)


def _sound() -> Mlp:
    model = cast(Mlp, RECIPE.branches["audio"].model)
    school = TrainingConfig(MENDED, batch=16, smoothing=0.0)
    return replace(model, schooling=school, reduce="pca", batch_norm=True)


FIXED = replace(
    RECIPE,
    summary="paper 003 with rates that train, scaled rows, and principal components",
    branches={
        "frames": Branch("frame", "frames", _encoder(), FRAMES),
        "frames_lstm": Branch("frame", "frames", _over_time(), FRAMES),
        "audio": Branch("voice", "is10", _sound()),
    },
)

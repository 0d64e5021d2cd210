"""Temporal multimodal fusion: VGG-LSTM, weighted C3D-LSTM, audio MLP (paper 002).

Vielzeuf, Pateux & Jurie, EmotiW 2017. It claims 48.6 % for the VGG-LSTM and 43.2 % for the C3D-LSTM
(tables 2 and 3), 52.2 % on the validation clips for ModDrop and 58.81 % on the test clips for the
weighted mean trained on both (tables 4 and 5).
"""

from dataclasses import replace

from mien.features.samplers import FrameSampler
from mien.fusion.majority import MajorityVote
from mien.fusion.maximum import Maximum
from mien.fusion.mean import Mean
from mien.fusion.mod_drop import ModDrop
from mien.fusion.score_tree import ScoreTree
from mien.fusion.stacked_svm import StackedSvm
from mien.fusion.weighted_mean import WeightedMean
from mien.training.recipes.declaration import Branch, Joined, Recipe, Settings
from mien.training.recipes.networks import (
    C3d,
    Changes,
    Encoder,
    Mlp,
    Recurrent,
    TrainingConfig,
    Vgg,
    Weighting,
)
from mien.training.schedules import OptimConfig

FACES: Settings = {"fps": 25.0, "size": 224, "colour": True, "margin": 0.1, "every": 0.0}
"""The paper's boxes are slightly larger than the organisers', and its detector looks at every
frame (2.1)."""

JOINED = ("audio", "vgg_lstm", "c3d_lstm")

_SGD = OptimConfig(
    epochs=10,
    steps=500,
    optimiser="sgd",
    rate=1e-3,
    schedule="step",
    warmup=0.0,
    period=4,
    average=0.0,
    clip=0.0,
)
_ADAM = OptimConfig(
    epochs=20, steps=25, optimiser="adam", rate=1e-3, weight_decay=1e-3, average=0.0, clip=0.0
)
_SEQUENCES = TrainingConfig(_ADAM, batch=32, smoothing=0.0, even=False, drop_rows=0.2)

RECIPE = Recipe(
    name="temporal",
    summary="paper 002: VGG-LSTM on all frames, weighted C3D-LSTM, audio MLP; ModDrop, score tree",
    branches={
        "vgg": Branch(
            "face",
            "faces",
            Encoder(
                Vgg(16, layer="fc6", dropout=(0.5, 0.95)),
                TrainingConfig(_SGD, batch=64, smoothing=0.0, even=False),
                Changes(flip=True, rotate=10.0, translate=0.1),
                pooling="max",
                start="vgg_face",
            ),
            FACES,
        ),
        "vgg_lstm": Branch(
            "face",
            "faces",
            Recurrent(
                _SEQUENCES,
                on="vgg",
                sampler=FrameSampler("all", 272),
                hidden=2230,
                descriptor=297,
                dropout=0.5,
            ),
            FACES,
        ),
        "c3d": Branch(
            "face",
            "faces",
            Encoder(
                C3d(layer="fc7"),
                TrainingConfig(replace(_SGD, epochs=12), batch=10, smoothing=0.0, even=False),
                Changes(flip=True),
                window=16,
                overlap=8,
                pooling="max",
                weighting=Weighting(after=4, start=10.0, end=0.1),
                start="c3d",
            ),
            FACES,
        ),
        "c3d_lstm": Branch(
            "face",
            "faces",
            Recurrent(
                _SEQUENCES,
                on="c3d",
                sampler=FrameSampler("all", 34),
                hidden=1324,
                descriptor=304,
                dropout=0.5,
            ),
            FACES,
        ),
        "audio": Branch(
            "voice",
            "is10",
            Mlp(TrainingConfig(_ADAM, batch=32, smoothing=0.0, even=False), hidden=(279,)),
        ),
    },
    fusions={
        "moddrop": Joined(ModDrop(), JOINED),
        "score_tree": Joined(ScoreTree(drop=0.3), JOINED),
        "weighted": Joined(WeightedMean(), JOINED),
        "mean": Joined(Mean(), JOINED),
        "maximum": Joined(Maximum(), JOINED),
        "vote": Joined(MajorityVote(), JOINED),
        "svm": Joined(StackedSvm(c=1.0, kernel="linear"), JOINED),
        "moddrop_hard": Joined(ModDrop(hard_zero=True), JOINED),
    },
)

FIXED = RECIPE
"""What cannot work as printed, the sign of the window weights, is mended in `Weighting` itself;
`--set c3d.model.weighting.literal=true` has it as printed."""

"""Audio-visual hybrid: two VGG-LSTMs, an SVM, an LSTM and an Inception-LSTM (paper 001).

Ouyang et al., EmotiW 2017. It claims 49.61 % and 46.74 % for the VGG-LSTMs, 35.51 % for the SVM,
26.63 % for either of the audio networks, 55.61 % on the validation clips for all five, and 51.15 %
on the test clips (tables 1 to 6). The second VGG-LSTM sees the faces that the organisers aligned
(the manifest's column `faces`); where there are none, mien's own alignment by five points.
"""

from dataclasses import replace

from mien.features.samplers import FrameSampler
from mien.fusion.weighted_mean import WeightedMean
from mien.training.recipes.declaration import Branch, Joined, Recipe, Settings, Svm
from mien.training.recipes.networks import (
    Changes,
    Encoder,
    Inception,
    Recurrent,
    TrainingConfig,
    Vgg,
)
from mien.training.schedules import OptimConfig

OWN: Settings = {
    "fps": 15.0,
    "size": 224,
    "colour": True,
    "align": "eye_corners",
    "every": 0.0,
}
GIVEN: Settings = {"fps": 15.0, "size": 224, "colour": True, "every": 0.0}

NEW_LAYER = (("net.classifier.6.", 10.0),)
"""The new last layer learns ten times as fast (2.1)."""

FACES = Encoder(
    Vgg(16, layer="fc6"),
    TrainingConfig(
        # not given (1-12)
        OptimConfig(
            epochs=10,
            steps=200,
            optimiser="sgd",
            rate=1e-3,
            schedule="step",
            warmup=0.0,
            period=4,
            rates=NEW_LAYER,
            average=0.0,
            clip=0.0,
        ),
        batch=32,
        smoothing=0.0,
        even=False,
    ),
    Changes(flip=True),
    start="vgg_face",
)


def _over_time(on: str) -> Recurrent:
    """16 faces, each 8/60 s after the one before, VGG and LSTM end to end (2.1)."""
    return Recurrent(
        TrainingConfig(
            OptimConfig(epochs=10, steps=20, optimiser="adam", rate=1e-3, average=0.0, clip=0.0),
            batch=16,
            smoothing=0.0,
            even=False,
            drop_rows=0.0,
        ),
        on=on,
        sampler=FrameSampler("gap", 16, step=8 / 60, overlap=0.5),
        repeat=True,
        hidden=128,
        uniform=0.01,
        end_to_end=TrainingConfig(
            OptimConfig(epochs=5, steps=100, optimiser="sgd", rate=1e-3, schedule="step",
                warmup=0.0, period=2, average=0.0, clip=0.0),
            batch=4,
            smoothing=0.0,
            even=False,
            drop_rows=0.0,
        ),
    )  # fmt: skip


MAPS = TrainingConfig(
    # 0.001, a tenth every 3,000 iterations, 10,000 at most; batch 16; decay 0.002 (2.4)
    OptimConfig(
        epochs=20,
        steps=500,
        optimiser="sgd",
        rate=1e-3,
        schedule="step",
        warmup=0.0,
        period=6,
        weight_decay=2e-3,
        average=0.0,
        clip=0.0,
    ),
    batch=16,
    smoothing=0.0,
    even=False,
    drop_rows=0.0,
)

RECIPE = Recipe(
    name="hybrid",
    summary="paper 001: two VGG-LSTMs end to end, IS10 SVM, audio LSTM, Inception-LSTM on maps",
    branches={
        "vgg_own": Branch("face", "faces", FACES, OWN),
        "vgg_given": Branch("face", "given_faces", FACES, GIVEN),
        "vgg_lstm_own": Branch("face", "faces", _over_time("vgg_own"), OWN),
        "vgg_lstm_given": Branch("face", "given_faces", _over_time("vgg_given"), GIVEN),
        "audio_svm": Branch("voice", "is10", Svm(c=1.0)),  # C, kernel and scaling not given (1-19)
        "audio_lstm": Branch(
            "voice",
            "short_term",
            Recurrent(
                TrainingConfig(
                    OptimConfig(
                        epochs=20, steps=25, optimiser="adam", rate=1e-3, average=0.0, clip=0.0
                    ),
                    batch=32,
                    smoothing=0.0,
                    even=False,
                    drop_rows=0.0,
                ),
                sampler=FrameSampler("all", 200),
                hidden=512,
            ),
        ),
        "inception": Branch("voice", "audio_maps", Encoder(Inception(), MAPS)),
        "inception_lstm": Branch(
            "voice",
            "audio_maps",
            Recurrent(
                replace(MAPS, fit=replace(MAPS.fit, epochs=5, steps=100, optimiser="adam")),
                on="inception",
                sampler=FrameSampler("window", 8),
                repeat=True,
                hidden=128,
                uniform=0.01,
                end_to_end=replace(MAPS, fit=replace(MAPS.fit, epochs=10, steps=100, period=3)),
            ),
        ),
    },
    fusions={
        "weighted": Joined(
            WeightedMean(step=0.05),
            ("vgg_lstm_own", "vgg_lstm_given", "audio_svm", "audio_lstm", "inception_lstm"),
        ),
        "faces": Joined(WeightedMean(step=0.05), ("vgg_lstm_own", "vgg_lstm_given")),
    },
)

FIXED = RECIPE
"""All values of the paper work; a forget bias of 1 is a matter of `--set` (1-13)."""

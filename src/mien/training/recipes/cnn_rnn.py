"""CNN-RNN fusion: VGG-Face and a BLSTM, C3D, and eGeMAPS with a forest and an SVC (paper 000).

Sun et al., EmotiW 2016. It claims 51.9 % on the validation clips of AFEW 6.0 for VGG + BLSTM and
55.3 % for the fusion by SVM, without C3D (tables 1 and 3). What the paper leaves open is settled
as `docs/papers.md` says; `FIXED` has what cannot work as printed.
"""

from dataclasses import replace
from typing import cast

from mien.features.samplers import FrameSampler
from mien.fusion.maximum import Maximum
from mien.fusion.mean import Mean
from mien.fusion.stacked_adaboost import StackedAdaBoost
from mien.fusion.stacked_forest import StackedForest
from mien.fusion.stacked_svm import StackedSvm
from mien.fusion.weighted_mean import WeightedMean
from mien.training.recipes.declaration import Branch, Forest, Joined, Recipe, Settings, Svm
from mien.training.recipes.networks import C3d, Changes, Encoder, Recurrent, TrainingConfig, Vgg
from mien.training.schedules import OptimConfig

FACES: Settings = {"fps": 25.0, "size": 256, "colour": True, "every": 0.0}
"""The paper says nothing of detection or alignment (0-05)."""

WITHOUT_C3D = ("vgg", "vgg_blstm", "forest", "svc")
"""What table 3 writes as "VGG+LSTM+Random Forest+SVC", read as four models."""
AS_ONE = ("vgg_blstm", "forest", "svc")
"""The same, "VGG+LSTM" read as one model: the LSTM on VGG."""

RECIPE = Recipe(
    name="cnn_rnn",
    summary="paper 000: VGG-Face, BLSTM on fc6, C3D, eGeMAPS with forest and SVC",
    branches={
        "vgg": Branch(
            "face",
            "faces",
            Encoder(
                Vgg(16, layer="fc6"),
                TrainingConfig(
                    # 0.001, a tenth every 4,000 iterations, 10,000 in all (4.2)
                    OptimConfig(
                        epochs=20,
                        steps=500,
                        optimiser="sgd",
                        rate=1e-3,
                        schedule="step",
                        warmup=0.0,
                        period=8,
                        average=0.0,
                        clip=0.0,
                    ),
                    batch=256,
                    smoothing=0.0,
                    even=False,
                ),
                Changes(corner_crop=True, flip=True),
                pooling="mean",
                start="vgg_face",
            ),
            FACES,
        ),
        "vgg_blstm": Branch(
            "face",
            "faces",
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
                on="vgg",
                sampler=FrameSampler("uniform", 64),
                hidden=1024,
                bidirectional=True,
                dropout=0.85,  # the share that is dropped, read literally (0-26)
            ),
            FACES,
        ),
        "c3d": Branch(
            "face",
            "faces",
            Encoder(
                C3d(),
                TrainingConfig(
                    # 0.0001, a tenth every 5,000 iterations, 20,000 in all (4.3.1)
                    OptimConfig(
                        epochs=20,
                        steps=1000,
                        optimiser="sgd",
                        rate=1e-4,
                        schedule="step",
                        warmup=0.0,
                        period=5,
                        average=0.0,
                        clip=0.0,
                    ),
                    batch=10,
                    smoothing=0.0,
                    even=False,
                ),
                window=16,
                pooling="mean",
                start="c3d",
            ),
            FACES,
        ),
        "forest": Branch("voice", "egemaps", Forest(trees=500, split=28)),
        "svc": Branch("voice", "egemaps", Svm(c=2.7e-6, kernel="linear", standardise=False)),
    },
    fusions={
        "svm": Joined(StackedSvm(c=18.5), WITHOUT_C3D),
        "svm_with_c3d": Joined(StackedSvm(c=18.5)),
        "svm_as_one": Joined(StackedSvm(c=18.5), AS_ONE),
        "average": Joined(Mean(), WITHOUT_C3D),
        "average_as_one": Joined(Mean(), AS_ONE),
        "weighted": Joined(WeightedMean(), WITHOUT_C3D),  # section 3.3
        "highest": Joined(Maximum(), WITHOUT_C3D),
        "highest_as_one": Joined(Maximum(), AS_ONE),
        "forest_fusion": Joined(StackedForest(), WITHOUT_C3D),
        "adaboost": Joined(StackedAdaBoost(), WITHOUT_C3D),
    },
)

FIXED = replace(
    RECIPE,
    summary=f"{RECIPE.summary}; values that cannot work mended",
    branches={
        **RECIPE.branches,
        # C = 2.7e-6 on standardised values answers with two classes; raw values hide it (0-33).
        "svc": Branch("voice", "egemaps", Svm(c=0.01, kernel="linear")),
        "vgg_blstm": Branch(
            "face",
            "faces",
            # Keeping 15 % of the states starves the BLSTM on few clips (0-26).
            replace(cast(Recurrent, RECIPE.branches["vgg_blstm"].model), dropout=0.15),
            FACES,
        ),
    },
)

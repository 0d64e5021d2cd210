"""mien's own recipe for labelled clips: small, calibrated, quick to train on a CPU.

The face branch takes the default bundle's face encoder as it is (trained on FER2013, so that no
speaker of a clip corpus was seen) and learns a linear classifier on statistics over time; the
voice branch trains the small network on log-mel windows from scratch, since the default bundle's
voice has heard the actors of RAVDESS, EMO-DB and Java-SED. Both are joined by a log-opinion pool.
"""

from mien.recipes.declaration import Branch, Recipe, Schooling, Statistics, VoiceCnn
from mien.schedules import Fit

RECIPE = Recipe(
    name="mien",
    summary="face: embedding statistics; voice: small CNN on log-mels; log-opinion pool",
    branches={
        "face": Branch(
            "face",
            "face_embedding",
            Statistics(
                Schooling(
                    Fit(
                        epochs=15,
                        steps=20,
                        optimiser="adamw",
                        rate=3e-3,
                        weight_decay=5e-2,
                        average=0.95,
                    )
                )
            ),
        ),
        "voice": Branch(
            "voice",
            "log_mel",
            VoiceCnn(
                Schooling(
                    Fit(
                        epochs=16,
                        steps=30,
                        optimiser="adamw",
                        rate=3e-3,
                        weight_decay=2e-2,
                        average=0.98,
                        bf16=True,
                    ),
                    mixup=0.3,
                )
            ),
        ),
    },
)

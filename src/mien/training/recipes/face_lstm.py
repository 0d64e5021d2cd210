"""Face embeddings over time and a bidirectional LSTM.

The sequence system in its smallest form: the default bundle's face encoder (trained on FER2013,
so that no speaker of a clip corpus was seen) gives a row for each face, and an LSTM reads them
(the pattern of papers 000, 001 and 004).
"""

from mien.training.recipes.declaration import Branch, Recipe, Recurrent, TrainingConfig
from mien.training.schedules import OptimConfig

RECIPE = Recipe(
    name="face_lstm",
    summary="face: embeddings over time and a BiLSTM",
    branches={
        "face": Branch(
            "face",
            "face_embedding",
            Recurrent(
                TrainingConfig(
                    OptimConfig(
                        epochs=20,
                        steps=20,
                        optimiser="adamw",
                        rate=2e-3,
                        weight_decay=1e-2,
                        average=0.95,
                    )
                ),
                hidden=64,
                bidirectional=True,
                last=False,
                dropout=0.3,
                input_dropout=0.3,
                pooling="log_mean",
            ),
        )
    },
)

"""Narrow encoders of speech for the papers' recipes at `--size small`: trained once, then `--init`.

On acted speech (`mien data prepare ravdess`): Inception on audio maps, and VGG-19 on spectrograms,
which paper 004 has "pre-trained on the speech emotion database" without saying which (4-15).
"""

from mien.training.recipes.declaration import Branch, Recipe
from mien.training.recipes.networks import Changes, Encoder, Inception, TrainingConfig, Vgg
from mien.training.recipes.size import SIDE, WIDTH
from mien.training.schedules import OptimConfig

SCHOOL = TrainingConfig(
    OptimConfig(
        epochs=10, steps=400, optimiser="adamw", rate=2e-3, weight_decay=1e-2, average=0.99
    ),
    batch=64,
)

RECIPE = Recipe(
    name="narrow_voices",
    summary="narrow VGG-19 on spectrograms and Inception on audio maps, for --init at small",
    branches={
        "vgg19": Branch(
            "voice",
            "spectrograms",
            Encoder(
                Vgg(19, WIDTH, SIDE, batch_norm=True, dropout=(0.1, 0.1)),
                SCHOOL,
                Changes(gaussian=8.0, salt_and_pepper=0.02),
            ),
            {"size": SIDE},
        ),
        "inception": Branch("voice", "audio_maps", Encoder(Inception("bn", WIDTH, SIDE), SCHOOL)),
    },
    fusions={},
    inner=0,
)

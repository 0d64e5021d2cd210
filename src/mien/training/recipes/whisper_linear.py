"""Whisper features and a linear head: what speech recognition has learned, read for emotion.

The default bundle's voice network is the first three blocks of Whisper base's encoder (Radford et
al. 2022); its states, 50 a second, are averaged over the speech of a clip with their deviation, and
a logistic regression reads them (as in Feng & Narayanan 2023, who compare such features).
"""

from mien.training.recipes.declaration import Branch, Linear, Recipe

RECIPE = Recipe(
    name="whisper_linear",
    summary="voice: states of Whisper base's first blocks, mean and deviation, logistic regression",
    branches={"voice": Branch("voice", "voice_embedding", Linear())},
    search={"voice.model.c": "0.0001:1.0:log"},
)

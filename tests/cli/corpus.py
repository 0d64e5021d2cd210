"""A corpus that is there at once: stretches of the sample clip with made-up labels; a recipe."""

from __future__ import annotations

from pathlib import Path

import mien
from mien.data.manifest import Manifest, write_manifest
from mien.labels import EMOTIONS
from mien.types import Clip

LABELS = ("happy", "sad", "angry")
CNN = """
from mien.training.recipes.declaration import Branch, Recipe, TrainingConfig, VoiceCnn
from mien.training.schedules import OptimConfig

FIT = OptimConfig(epochs={epochs}, steps=4, optimiser="adamw", rate=3e-3, average=0.9)
MODEL = VoiceCnn(TrainingConfig(FIT, batch=8, mixup=0.2), width=4, embedding=8)
RECIPE = Recipe("tiny", "a small CNN", {{"voice": Branch("voice", "log_mel", MODEL)}}, inner=2)
"""


def make_clips(folder: Path, speakers: int = 4, labels: tuple[str, ...] = LABELS) -> Path:
    """Write the manifest of stretches of the sample clip; gives its path."""
    clips = [
        Clip(f"c{n}", mien.sample().name, 0.1 * n, 0.1 * n + 1.5, label, f"s{n % speakers}")
        for n, label in enumerate(label for label in labels for _ in range(2 * speakers))
    ]
    manifest = Manifest("made", tuple(clips), EMOTIONS, mien.sample().parent)
    write_manifest(manifest, folder / "made.csv")
    return folder / "made.csv"


def write_recipe(folder: Path, epochs: int = 2, text: str = CNN) -> Path:
    """A recipe file that trains in a moment."""
    path = folder / "tiny.py"
    path.write_text(text.format(epochs=epochs))
    return path

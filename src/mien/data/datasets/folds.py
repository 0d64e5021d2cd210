"""Speaker-independent folds in public use: the table folds.csv beside this file.

- ravdess: the six folds of EmoBox (Ma et al. 2024, Interspeech), github.com/emo-box/EmoBox.
- java_sed: four of a woman and a man each, those that this project reports on.

CREMA-D is not here: the folds in public use share actors.
"""

from __future__ import annotations

import csv
from importlib.resources import files

__all__ = ["folds_of"]


def folds_of(corpus: str) -> tuple[frozenset[str], ...]:
    """Test speakers of each fold of a corpus; empty where none are published."""
    folds: dict[str, set[str]] = {}
    text = files("mien.data.datasets").joinpath("folds.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if row["corpus"] == corpus:
            folds.setdefault(row["fold"], set()).add(row["speaker"])
    return tuple(frozenset(folds[number]) for number in sorted(folds, key=int))

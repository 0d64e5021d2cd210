"""Made-up scores of three branches with known worth; not a test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.fusion.branch_scores import BranchScores

CLASSES = 4
STRENGTH = {"face": 2.5, "scene": 0.2, "voice": 1.2}
WIDTH = {"face": 6, "scene": 5, "voice": None}


def made(
    n: int, seed: int, absent: float = 0.1, classes: int = CLASSES
) -> tuple[dict[str, BranchScores], NDArray[np.int64]]:
    """Scores and descriptors that know the label the better the stronger the branch is.

    The voice has no descriptor. A share of clips lacks a branch, and the first lacks all.
    """
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, n)
    parts = {}
    for name, strength in STRENGTH.items():
        logits = strength * np.eye(classes)[labels] + draw.normal(size=(n, classes))
        log_probs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        width = WIDTH[name]
        mix = np.random.default_rng(7).normal(size=(classes, width or 1))
        descriptor = logits @ mix + 0.1 * draw.normal(size=(n, width or 1)) + 3
        gone = draw.random(n) < absent
        gone[0] = absent > 0
        log_probs[gone], descriptor[gone] = np.nan, np.nan
        parts[name] = BranchScores.of(log_probs, descriptor if width else None)
    return parts, labels


def spoken(*rows: list[float]) -> BranchScores:
    """A branch without descriptor from probabilities; an empty row is absent."""
    classes = max(map(len, rows))
    values = [row or [np.nan] * classes for row in rows]
    with np.errstate(divide="ignore"):
        return BranchScores.of(np.log(np.array(values, float)))

"""Labelled clips with made features: what is said, and embeddings in which the labels show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.fusion.log_pool import softmax
from mien.training.adapt.clips import Base, LabelledClips
from mien.training.adapt.measure import BranchEvidence, ClipEvidence

__all__ = ["BASE", "evidence", "made_clips"]

NAMES = ("calm", "lively", "sad")
BASE = Base(
    NAMES,
    {"face": 0.5, "voice": 0.5},
    {"face": 1.2, "voice": 2.0, "face+voice": 1.0},
    np.full(3, 1 / 3),
    {"face": 12, "voice": 12},
)


def made_clips(
    n: int = 60, people: int = 6, signal: float = 0.0, shift: float = 0.0, seed: int = 0
) -> LabelledClips:
    """Clips whose bundle guesses.

    Args:
        n: clips.
        people: who take turns.
        signal: how far the labels' embeddings lie apart, in standard deviations.
        shift: what the bundle adds to the log-odds of the first label, whatever is shown.
        seed: of everything.
    """
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 3, n)
    said, rows = {}, {}
    centres = draw.normal(size=(3, 12))
    for branch in ("face", "voice"):
        scores = draw.normal(size=(n, 3)) + 1.5 * np.eye(3)[labels]
        scores[:, 0] += shift
        said[branch] = np.log(softmax(scores))
        rows[branch] = draw.normal(size=(n, 12)) + signal * centres[labels]
    before = softmax(0.5 * (said["face"] + said["voice"]))
    groups = np.array([f"person {k % people}" for k in range(n)])
    ids = tuple(f"clip {k}" for k in range(n))
    return LabelledClips(ids, groups, labels, said, dict(said), rows, before)


def evidence(label: int, draw: np.random.Generator, signal: float) -> ClipEvidence:
    """What the default bundle could have found in a clip of a label: seven classes, real sizes."""
    branches = {}
    for branch, size in (("face", 256), ("voice", 1024)):
        scores: NDArray[np.float64] = np.log(softmax(draw.normal(size=7)))
        rows = draw.normal(size=size)
        rows[: size // 2] += signal * np.sin(np.arange(size // 2) * (label + 1))
        branches[branch] = BranchEvidence(scores, scores, rows)
    together = softmax(0.5 * (branches["face"].said + branches["voice"].said))
    return ClipEvidence(branches, together)

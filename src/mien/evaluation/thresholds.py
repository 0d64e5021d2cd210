"""From which confidence on answers are right often enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["RIGHT", "confidence_from"]

RIGHT = 2 / 3
"""Share of right answers that an answer called reliable promises."""


def confidence_from(
    confidence: NDArray[np.float64],
    right: NDArray[np.bool_],
    thresholds: NDArray[np.float64],
    *,
    share: float = RIGHT,
    enough: int = 1,
    throughout: bool = False,
) -> float | None:
    """The lowest threshold from which this share of the answers is right; None if there is none.

    Args:
        confidence, right: (n,) of each answer, in 0..1, and whether it is right.
        thresholds: (k,) rising; one of them is chosen.
        share: wanted, in 0..1.
        enough: answers that a threshold must leave for it to be judged.
        throughout: every higher threshold that can be judged must reach the share too, and one
            that cannot be judged does not fail.
    """
    kept = confidence >= thresholds[:, None]
    left = kept.sum(1)
    judged = left >= enough
    reaches = (kept & right).sum(1) / np.maximum(left, 1) >= share
    if throughout:
        fails = np.flatnonzero(judged & ~reaches)
        first = int(fails[-1]) + 1 if len(fails) else 0
        return float(thresholds[first]) if first < len(thresholds) else None
    passes = np.flatnonzero(judged & reaches)
    return float(thresholds[passes[0]]) if len(passes) else None

"""What was worked out anew."""

from __future__ import annotations

from typing import NamedTuple

from mien.evaluation.metrics import Calibration, Scores

__all__ = ["Figures"]


class Figures(NamedTuple):
    """Of one score.

    Args:
        scores: how well.
        calibration: how true its probabilities are; None where that is not worked out.
    """

    scores: Scores
    calibration: Calibration | None = None

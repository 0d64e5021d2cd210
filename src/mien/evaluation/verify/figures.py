"""Recomputed scores."""

from __future__ import annotations

from typing import NamedTuple

from mien.evaluation.metrics import Calibration, Scores

__all__ = ["Figures"]


class Figures(NamedTuple):
    """The recomputed figures of one score.

    Args:
        scores: accuracy, UAR and so on.
        calibration: of its probabilities; None where it is not computed.
    """

    scores: Scores
    calibration: Calibration | None = None

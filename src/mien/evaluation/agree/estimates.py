"""Statistics with their intervals, from sums for each clip."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.agree.result import Estimate
from mien.evaluation.interrater import agreed, cohen_kappa, interval, nominal_alpha

__all__ = ["Draws", "agreed_of", "alpha_of", "by_clip", "estimate", "kappa_of", "ratio"]

Values = NDArray[np.float64]
Labels = NDArray[np.int64]
Draws = Values
"""(B,K) how often each of K clips is drawn; see `mien.evaluation.interrater.draws`."""


def by_clip(clip: Labels, first: Labels, second: Labels, clips: int, classes: int) -> Values:
    """(K,C,C) confusion within each clip; units without a label of both are left out.

    Args:
        clip: (N,) number of the clip of each unit.
        first, second: (N,) columns of a label set, -1 for no label.
        clips: K.
        classes: C.
    """
    both = (first >= 0) & (second >= 0)
    cells = (clip[both] * classes + first[both]) * classes + second[both]
    counts = np.bincount(cells, minlength=clips * classes**2)
    return counts.reshape(clips, classes, classes).astype(np.float64)


def estimate(parts: Values, statistic: Callable[[Values], Values], drawn: Draws) -> Estimate:
    """A statistic (B,...) -> (B,) of sums (K,...) of clips, with its interval."""
    value = float(statistic(parts.sum(0)))
    if math.isnan(value):
        return Estimate(None)
    return Estimate(value, interval(parts, statistic, drawn))


def kappa_of(parts: Values, drawn: Draws) -> Estimate:
    """Cohen's kappa of confusions (K,C,C)."""
    return estimate(parts, cohen_kappa, drawn)


def agreed_of(parts: Values, drawn: Draws) -> Estimate:
    """Share of equal labels of confusions (K,C,C)."""
    return estimate(parts, agreed, drawn)


def alpha_of(coincidences: Values, drawn: Draws) -> Estimate:
    """Krippendorff's alpha of coincidences (K,C,C)."""
    return estimate(coincidences, nominal_alpha, drawn)


def ratio(sums: Values) -> Values:
    """(...) the first of two sums (...,2) over the second; NaN where that is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)

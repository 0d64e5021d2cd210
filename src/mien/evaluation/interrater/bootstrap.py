"""Intervals by drawing whole clips: windows of one clip are not independent of each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["TIMES", "draws", "interval", "percentiles"]

Values = NDArray[np.float64]
TIMES = 1000
_LEAST = 0.9  # share of the draws in which the statistic has to be defined


def draws(groups: int, times: int = TIMES) -> Values:
    """(times,G) how often each of G groups is drawn, G drawn with replacement; always the same."""
    chosen = np.random.default_rng(0).integers(0, groups, (times, groups))
    return np.stack([np.bincount(row, minlength=groups) for row in chosen]).astype(np.float64)


def interval(
    parts: Values, statistic: Callable[[Values], Values], drawn: Values | None = None
) -> tuple[float, float] | None:
    """Percentile 95 % interval of a statistic of sums.

    Args:
        parts: (G,...) sums of each group.
        statistic: (B,...) sums -> (B,).
        drawn: (B,G) of `draws`; None draws anew.

    Returns:
        None for a single group, and where the statistic is often not defined.
    """
    if len(parts) < 2:
        return None
    drawn = draws(len(parts)) if drawn is None else drawn
    return percentiles(statistic(np.tensordot(drawn, parts, axes=1)))


def percentiles(values: Values) -> tuple[float, float] | None:
    """2.5 and 97.5 per cent of values, without NaN; None where too many are NaN."""
    known = values[np.isfinite(values)]
    if len(known) < _LEAST * len(values) or not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)

"""Kappa: agreement of labels beyond what chance would give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["agreed", "cohen_kappa", "confusion", "fleiss_kappa"]

Values = NDArray[np.float64]
Labels = NDArray[np.int64]


def confusion(first: Labels, second: Labels, classes: int) -> Values:
    """(C,C) units that the first rater (rows) and the second (columns) gave each pair of labels.

    Args:
        first, second: (N,) columns of a label set, below 0 where there is no label; units without
            a label of both are left out.
        classes: C.
    """
    both = (first >= 0) & (second >= 0)
    cells = np.bincount(first[both] * classes + second[both], minlength=classes**2)
    return cells.reshape(classes, classes).astype(np.float64)


def agreed(table: Values) -> Values:
    """(...) share of units with the same label, of confusions (...,C,C); NaN without units."""
    total = table.sum((-2, -1))
    return _ratio(np.trace(table, axis1=-2, axis2=-1), total)


def cohen_kappa(table: Values) -> Values:
    """(...) kappa of two raters (Cohen 1960), of confusions (...,C,C).

    NaN without units, and where both raters gave all units one and the same label, which is
    agreement that chance alone would give.
    """
    total = table.sum((-2, -1))
    chance = _ratio((table.sum(-1) * table.sum(-2)).sum(-1), total**2)
    return _ratio(agreed(table) - chance, 1 - chance)


def fleiss_kappa(counts: Values) -> tuple[float, float]:
    """Share of agreeing pairs of ratings, and kappa (Fleiss 1971).

    Args:
        counts: (N,C) ratings of each unit with each label, two or more a unit; their number may
            differ between units.
    """
    n = counts.sum(1)
    same = float((((counts**2).sum(1) - n) / (n * (n - 1))).mean())
    chance = float(((counts.sum(0) / counts.sum()) ** 2).sum())
    return same, float(_ratio(np.float64(same - chance), np.float64(1 - chance)))


def _ratio(above: Values | np.float64, below: Values | np.float64) -> Values:
    """A quotient, NaN where the divisor is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(below) > 1e-12, np.asarray(above) / below, np.nan)

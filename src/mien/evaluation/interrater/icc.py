"""Intraclass correlation of numbers, ICC(2,1): each unit rated by the same raters.

Two-way random effects, absolute agreement, a single rater (Shrout & Fleiss 1979; ICC(A,1) of
McGraw & Wong 1996): raters who differ by a constant do not agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["absolute_icc", "icc_sums"]

Values = NDArray[np.float64]


def icc_sums(ratings: Values, group: NDArray[np.int64] | None = None) -> Values:
    """(R+3,) sums that ICC(2,1) is made of; they add up over units.

    In turn: units, the sum of each rater, the sum of squares, the sum of squared unit sums.

    Args:
        ratings: (R,N) of R raters, NaN where there is none; units that a rater left out are not
            counted.
        group: (N,) number of the group of each unit; then (G,R+3), those of each group.
    """
    complete = np.isfinite(ratings).all(0)
    whole = ratings[:, complete]
    squares = [(whole**2).sum(0), whole.sum(0) ** 2]
    rows = np.stack([np.ones(whole.shape[1]), *whole, *squares], axis=1)
    if group is None:
        return np.asarray(rows.sum(0))
    result = np.zeros((int(group.max(initial=-1)) + 1, rows.shape[1]))
    np.add.at(result, group[complete], rows)
    return result


def absolute_icc(sums: Values) -> Values:
    """(...) ICC(2,1) of sums (...,R+3); NaN for fewer than two units, or where all is the same."""
    n, raters = sums[..., 0], sums.shape[-1] - 3
    by_rater, squares, units = sums[..., 1:-2], sums[..., -2], sums[..., -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        grand = by_rater.sum(-1) ** 2 / (n * raters)
        between = units / raters - grand
        columns = (by_rater**2).sum(-1) / n - grand
        rest = squares - grand - between - columns
        units_mean = between / (n - 1)
        raters_mean = columns / (raters - 1)
        rest_mean = rest / ((n - 1) * (raters - 1))
        spread = units_mean + (raters - 1) * rest_mean + raters * (raters_mean - rest_mean) / n
        icc = (units_mean - rest_mean) / spread
    return np.where((n >= 2) & (spread > 1e-12), icc, np.nan)

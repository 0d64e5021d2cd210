"""Krippendorff's alpha: any number of raters, units that not all of them rated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["coincidences", "interval_alpha", "nominal_alpha"]

Values = NDArray[np.float64]


def coincidences(
    labels: NDArray[np.int64], classes: int, group: NDArray[np.int64] | None = None
) -> Values:
    """(C,C) coincidences of labels within units (Krippendorff 2011); they add up over units.

    Args:
        labels: (R,N) of R raters, columns of a label set, below 0 where there is none. Units with
            fewer than two labels are left out.
        classes: C.
        group: (N,) number of the group of each unit; then (G,C,C), those of each group.
    """
    counts = np.stack([(labels == k).sum(0) for k in range(classes)], axis=1).astype(np.float64)
    ratings = counts.sum(1)
    several = ratings >= 2
    pairable = counts[several]
    weighted = pairable / (ratings[several] - 1)[:, None]
    if group is None:
        return np.asarray(weighted.T @ pairable - np.diag(weighted.sum(0)))
    pairs = weighted[:, :, None] * pairable[:, None] - weighted[:, :, None] * np.eye(classes)
    result = np.zeros((int(group.max(initial=-1)) + 1, classes, classes))
    np.add.at(result, group[several], pairs)
    return result


def nominal_alpha(table: Values) -> Values:
    """(...) alpha of labels, of coincidences (...,C,C).

    1 is full agreement, 0 chance; NaN without pairs, and where there is one label only.
    """
    total = table.sum((-2, -1))
    differing = total - np.trace(table, axis1=-2, axis2=-1)
    by_chance = total**2 - (table.sum(-1) ** 2).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = 1 - (total - 1) * differing / by_chance
    return np.where(by_chance > 1e-9, alpha, np.nan)


def interval_alpha(ratings: Values) -> float:
    """Alpha of numbers, whose difference counts by its square; NaN where all are the same.

    Args:
        ratings: (R,N) of R raters, NaN where there is none.
    """
    present = np.isfinite(ratings)
    count = present.sum(0)
    ratings, present, count = (part[..., count >= 2] for part in (ratings, present, count))
    filled = np.where(present, ratings, 0.0)
    within = 2 * (count * (filled**2).sum(0) - filled.sum(0) ** 2) / np.maximum(count - 1, 1)
    n = count.sum()
    by_chance = 2 * (n * (filled**2).sum() - filled.sum() ** 2)
    return float(1 - (n - 1) * within.sum() / by_chance) if by_chance > 1e-12 else float("nan")

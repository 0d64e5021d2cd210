"""From which confidence the answers of an adapted bundle are called reliable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.thresholds import confidence_from

__all__ = ["Trust", "trust_of"]

Doubles = NDArray[np.float64]

_THRESHOLDS = np.arange(0.25, 0.96, 0.01)
_ENOUGH = 40  # answers that a threshold must leave, to be believed


@dataclass(frozen=True)
class Trust:
    """What the bundle says of its own answers.

    Args:
        reliable_from: {branches that an answer rests on: confidence}.
        right, n: share of right answers among those below it, and how many there were; None
            where there were none.
    """

    reliable_from: Mapping[str, float]
    right: float | None
    n: int


def trust_of(
    after: Doubles, labels: NDArray[np.int64], present: NDArray[np.str_], usual: Mapping[str, float]
) -> Trust:
    """The lowest confidence from which two in three answers about clips left out are right.

    Args:
        after: (n,K) probabilities of clips that were left out.
        labels: (n,) columns.
        present: (n,) the branches that each has, joined by "+" in sorted order; "" for none.
        usual: the bundle's own thresholds, which stay for sets of branches that few clips have.
    """
    right, sure = after.argmax(1) == labels, after.max(1)
    reliable_from = {
        name: _threshold(right[present == name], sure[present == name], default)
        for name, default in usual.items()
    }
    least = np.array([reliable_from.get(name, 1.0) for name in present.tolist()])
    low = (sure < least) & (present != "")
    return Trust(reliable_from, float(right[low].mean()) if low.any() else None, int(low.sum()))


def _threshold(right: NDArray[np.bool_], sure: Doubles, default: float) -> float:
    if len(right) < _ENOUGH:
        return default
    least = confidence_from(sure, right, _THRESHOLDS, enough=_ENOUGH)
    return max(default, 0.95) if least is None else round(least, 2)

"""Who stands on which side of a split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["deal"]

Ints = NDArray[np.int64]


def deal(groups: NDArray[np.str_], labels: Ints, most: int) -> list[Ints]:
    """Deal whole groups out into folds whose classes are about even; the same at every call.

    Args:
        groups: (n,) of each clip.
        labels: (n,) columns.
        most: folds, at most; there are no more than groups.

    Returns:
        places of the clips of each fold.
    """
    names, which = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), int(labels.max(initial=0)) + 1))
    np.add.at(counts, (which, labels), 1)
    folds = np.zeros((min(most, len(names)), counts.shape[1]))
    fold_of = np.zeros(len(names), int)
    for group in np.argsort(-counts.sum(1), kind="stable"):
        crowding = ((folds + counts[group]) ** 2).sum(1) - (folds**2).sum(1)
        fold_of[group] = int(crowding.argmin())
        folds[fold_of[group]] += counts[group]
    dealt = [np.flatnonzero(fold_of[which] == fold) for fold in range(len(folds))]
    return [members for members in dealt if len(members)]

"""ModDrop of models that err in other ways (paper 002, section 3.4, submission 5).

"These new models were selected among the best results in our random grid search on
hyper-parameters according to their potential complementarity degree, evaluated by measuring the
dissimilarity between their confusion matrices."
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.branch_scores import Stack
from mien.fusion.diversity import diversity
from mien.fusion.fuser import Fused, Given
from mien.fusion.mod_drop import ModDrop

__all__ = ["ComplementaryModDrop", "complementary"]


@dataclass(frozen=True)
class ComplementaryModDrop(ModDrop):
    """`ModDrop` of some branches, and of those further ones that differ most from them.

    Args:
        base: branches that are in any case; none begins with the most accurate one.
        add: so many of the others are added, one after the other: of the better half of them by
            accuracy the one whose confusion matrix is farthest, on average, from those chosen.
    """

    base: tuple[str, ...] = ()
    add: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.add < 0:
            raise UsageError(f"complementary.add {self.add}: must be at least 0")

    def _fitted(self, data: Given) -> Fused:
        chosen = complementary(data.stack, data.labels, data.classes, self.base, self.add)
        stack = data.stack.only([data.stack.branches.index(name) for name in chosen])
        here = stack.some()
        return super()._fitted(replace(data, stack=stack.rows(here), labels=data.labels[here]))


def complementary(
    stack: Stack, labels: NDArray[np.int64], classes: int, base: tuple[str, ...], add: int
) -> tuple[str, ...]:
    """The branches to join, in the order of the stack; see `ComplementaryModDrop`.

    Args:
        stack: what branches say of n clips that they have not seen.
        labels: (n,) columns.
        classes: C.
        base, add: as there; what of `base` is not in the stack is passed over.
    """
    confusions = {
        name: _confusion(stack, column, labels, classes)
        for column, name in enumerate(stack.branches)
    }
    right = {name: np.trace(c) / max(1.0, c.sum()) for name, c in confusions.items()}
    base = base or (max(stack.branches, key=lambda name: right[name]),)
    others = sorted(set(stack.branches) - set(base), key=lambda name: (-right[name], name))
    best = others[: max(add, -(-len(others) // 2))]
    chosen = [name for name in stack.branches if name in base]
    for _ in range(min(add, len(best))):
        far = {
            name: float(sum(diversity(confusions[name], confusions[c]) for c in chosen))
            for name in best
            if name not in chosen
        }
        chosen.append(max(far, key=lambda name: (far[name], right[name])))
    return tuple(name for name in stack.branches if name in chosen)


def _confusion(
    stack: Stack, column: int, labels: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """(C,C) counts of the clips that have the branch."""
    here = stack.present[:, column].astype(bool)
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels[here], stack.probabilities[here, column].argmax(1)), 1)
    return counts

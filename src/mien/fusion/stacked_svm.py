"""Support vector machine on the branches' probabilities (paper 000, 4.4; linear: 002, 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mien.fusion.fuser import Fused, Fusion, Given

__all__ = ["StackedSvm"]


@dataclass(frozen=True)
class StackedSvm(Fusion):
    """A support vector machine (`sklearn.svm.SVC`) on the probabilities as they are.

    Its scores are the softmax of the one-against-rest decision values.

    Args:
        c: penalty; paper 000 found 18.5 the best.
        kernel: which one paper 000 took is not said, and "rbf" is scikit-learn's own; paper 002
            has a linear one.
        balanced: weigh clips by the inverse of the size of their class.
    """

    c: float = 18.5
    kernel: Literal["rbf", "linear"] = "rbf"
    balanced: bool = False

    def _fitted(self, data: Given) -> Fused:
        from sklearn.svm import SVC

        from mien.fusion.fit_stacked import fit_stacked

        weight = "balanced" if self.balanced else None
        machine = SVC(C=self.c, kernel=self.kernel, class_weight=weight, break_ties=True)
        return fit_stacked(machine, data)

"""Mean of the branches' probabilities (papers 000, 4.4 "average"; 002, 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mien.fusion.branch_scores import Stack
from mien.fusion.fuser import Fused, Fusion, Given

__all__ = ["FusedMean", "Mean"]


@dataclass(frozen=True)
class Mean(Fusion):
    """Every branch that is present counts the same; nothing is fitted."""

    def _fitted(self, data: Given) -> Fused:
        return FusedMean(data.stack.branches, data.classes)


@dataclass(frozen=True)
class FusedMean(Fused):
    """See `Mean`."""

    kind: ClassVar[str] = "mean"

    def _scores(self, stack: Stack) -> NDArray[np.float64]:
        return stack.mean()

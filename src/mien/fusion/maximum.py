"""The most confident branch decides (paper 000, table 3 "highest confidence"; 002, 2.6 "maximum").

The class with the largest of all scores is the first choice of the branch that gives it, so the
maximum of the scores and the highest confidence are one rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mien.fusion.branch_scores import Stack
from mien.fusion.fuser import Fused, Fusion, Given

__all__ = ["FusedMaximum", "Maximum"]


@dataclass(frozen=True)
class Maximum(Fusion):
    """The branch with the largest single probability; of equals the first by name."""

    def _fitted(self, data: Given) -> Fused:
        return FusedMaximum(data.stack.branches, data.classes)


@dataclass(frozen=True)
class FusedMaximum(Fused):
    """See `Maximum`; the answer is that branch's probabilities."""

    kind: ClassVar[str] = "maximum"

    def _scores(self, stack: Stack) -> NDArray[np.float64]:
        surest = stack.probabilities.max(2).argmax(1)
        return np.asarray(stack.probabilities[np.arange(len(stack)), surest])

"""Weighted mean with weights from a grid (papers 001, 002 section 2.6, 004 section 2.3).

S = sum_b w_b S_b, with the weights that get the most clips right. The papers choose them on the
clips that they report; here they are chosen on what `fit` is given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.branch_scores import Stack
from mien.fusion.fuser import Fused, Fusion, Given

__all__ = ["FusedWeightedMean", "WeightedMean", "grid"]

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]

_MOST = 2_000_000
_CHUNK = 256


@dataclass(frozen=True)
class WeightedMean(Fusion):
    """Weights that sum to one, in steps; no paper prints its step.

    Among weights with equally many clips right: the fewest branches with any weight, then the
    weights nearest to equal, then more for the branch that is first by name.

    Args:
        step: of the grid, one over a whole number; 1/42 has the weights that paper 004 prints.
    """

    step: float = 0.05

    def __post_init__(self) -> None:
        if not (self.step > 0 and math.isclose(round(1 / self.step) * self.step, 1, abs_tol=1e-6)):
            raise UsageError(f"weighted_mean.step {self.step}: must be one over a whole number")

    def _fitted(self, data: Given) -> Fused:
        parts = round(1 / self.step)
        best = _best(data.stack, data.labels, grid(len(data.stack.branches), parts))
        weights = {
            name: int(weight) / parts
            for name, weight in zip(data.stack.branches, best, strict=True)
        }
        return FusedWeightedMean(data.stack.branches, data.classes, weights)


@dataclass(frozen=True)
class FusedWeightedMean(Fused):
    """See `WeightedMean`.

    Args:
        weights: {branch: weight}. Where branches are absent the others share their weight; where
            only branches of no weight are left, these count the same.
    """

    kind: ClassVar[str] = "weighted_mean"

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        super().__post_init__()
        if set(self.weights) != set(self.branches) or not self._sound():
            raise UsageError("weights: one from 0 to 1 for each branch, with a sum of 1")

    def _sound(self) -> bool:
        values = list(self.weights.values())
        return min(values) >= 0 and math.isclose(sum(values), 1, abs_tol=1e-6)

    def _scores(self, stack: Stack) -> Rows:
        weights = np.array([self.weights[name] for name in stack.branches])
        summed = np.einsum("b,nbc->nc", weights, stack.probabilities)
        share = stack.present @ weights
        answer: Rows = stack.mean()
        np.divide(summed, share[:, None], out=answer, where=(share > 0)[:, None])
        return answer


def grid(branches: int, parts: int) -> Labels:
    """All ways (N,branches) to share `parts` among the branches; divided by `parts`, the simplex.

    Raises:
        UsageError: more than two million ways.
    """
    if math.comb(parts + branches - 1, parts) > _MOST:
        raise UsageError(
            f"a grid of {branches} weights in {parts} parts has over {_MOST:,} points; "
            "take a larger weighted_mean.step"
        )
    # Stars and bars: the places of the bars, and the stars between them; the first branch's
    # share falls.
    positions = range(parts + branches - 1)
    bars = np.array(list(combinations(positions, branches - 1)), np.int64)[::-1]
    ends = np.ones((len(bars), 1), np.int64)
    return np.diff(np.hstack([-ends, bars, ends * (parts + branches - 1)]), axis=1) - 1


def _best(stack: Stack, labels: Labels, weights: Labels) -> Labels:
    """The row of `weights` (N,B) that gets the most clips right; see `WeightedMean` for ties."""
    parts = range(0, len(weights), _CHUNK)
    right = np.concatenate([_right(stack, labels, weights[i : i + _CHUNK]) for i in parts])
    models, spread = (weights > 0).sum(1), (weights**2).sum(1)
    best: Labels = weights[np.lexsort((spread, models, -right))[0]]
    return best


def _right(stack: Stack, labels: Labels, weights: Labels) -> Labels:
    """(N,) clips that each row of weights gets right."""
    summed = np.tensordot(weights, stack.probabilities, (1, 1))
    answer = np.where(weights @ stack.present.T > 0, summed.argmax(2), stack.mean().argmax(1))
    return np.asarray((answer == labels).sum(1))

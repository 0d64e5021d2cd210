"""The log-opinion pool behind the common interface; see `mien.fusion.log_pool`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.branch_scores import Stack
from mien.fusion.fuser import Fused, Fusion, Given
from mien.fusion.log_pool import LogPool

__all__ = ["FusedLogPool", "LogOpinion"]

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class LogOpinion(Fusion):
    """A weighted geometric mean, with a temperature for each set of branches.

    Args:
        shrink: how far the fitted weights are drawn to equal ones, 0..1.
    """

    shrink: float = 0.5

    def _fitted(self, data: Given) -> Fused:
        from mien.fusion.fit_log_pool import fit_log_pool

        stack = data.stack
        parts = {name: _log_probs(stack, b) for b, name in enumerate(stack.branches)}
        pool = fit_log_pool(parts, data.labels, self.shrink)
        return FusedLogPool(stack.branches, data.classes, pool.weights, pool.temperatures)


@dataclass(frozen=True)
class FusedLogPool(Fused):
    """See `LogOpinion`.

    Args:
        weights, temperatures: of the `LogPool`.
    """

    kind: ClassVar[str] = "log_pool"

    weights: Mapping[str, float]
    temperatures: Mapping[str, float]

    def __post_init__(self) -> None:
        super().__post_init__()
        names = sorted(self.branches)
        sets = {"+".join(c) for size in range(1, len(names) + 1) for c in combinations(names, size)}
        if set(self.weights) != set(names) or set(self.temperatures) != sets:
            raise UsageError("weights and temperatures: for every branch and set of branches")

    @property
    def pool(self) -> LogPool:
        """The operation itself."""
        return LogPool(self.weights, self.temperatures)

    def _scores(self, stack: Stack) -> Rows:
        result = np.empty((len(stack), self.classes))
        for here in set(map(tuple, stack.present.tolist())):
            rows = (stack.present == here).all(1)
            alike = stack.rows(rows)
            log_probs = {
                name: _log_probs(alike, b) if here[b] else None
                for b, name in enumerate(stack.branches)
            }
            result[rows] = self.pool(log_probs)
        return result


def _log_probs(stack: Stack, b: int) -> Rows:
    """(n,C) of branch b, NaN rows where it is absent."""
    present = stack.present[:, b, None]
    return np.where(present, np.log(np.maximum(stack.probabilities[:, b], 1e-9)), np.nan)

"""Logarithmic opinion pool: a weighted geometric mean of the branches' probabilities.

p(c) is proportional to exp(sum_b w_b log p_b(c) / T), where the sum runs over the branches that
are present, their weights scaled to sum to one, and T is the temperature fitted for just that set
of branches (Genest & Zidek 1986; temperature scaling: Guo et al. 2017). A branch that is absent
takes no part: it is never replaced by zeros or by a uniform vector.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LogPool", "softmax"]

Vector = NDArray[np.float64]


def softmax(scores: Vector) -> Vector:
    """Softmax over the last axis."""
    shifted = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True))


@dataclass(frozen=True)
class LogPool:
    """The fitted pool.

    Args:
        weights: {branch: weight}, summing to one over all branches.
        temperatures: {branches present, joined by "+" in sorted order: T}.
    """

    weights: Mapping[str, float]
    temperatures: Mapping[str, float]

    def shares(self, present: Mapping[str, Vector | None]) -> dict[str, float]:
        """The weight of each branch in an answer with these branches present."""
        total = sum(self.weights[b] for b, value in present.items() if value is not None)
        return {
            b: self.weights[b] / total if value is not None and total else 0.0
            for b, value in present.items()
        }

    def __call__(self, log_probs: Mapping[str, Vector | None]) -> Vector | None:
        """{branch: (..., C) log-probabilities or None} -> (..., C) probabilities or None."""
        present = {b: value for b, value in log_probs.items() if value is not None}
        if not present:
            return None
        shares = self.shares(log_probs)
        parts = [shares[b] * value for b, value in present.items()]
        pooled = np.sum(parts, axis=0)
        return softmax(pooled / self.temperatures["+".join(sorted(present))])

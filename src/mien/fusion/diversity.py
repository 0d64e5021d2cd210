"""How differently two systems err (paper 002, 3.4, submission 5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["diversity"]


def diversity(first: ArrayLike, second: ArrayLike) -> float:
    """Frobenius distance of two confusions, each row divided by its sum.

    The paper picks further models by "the dissimilarity between their confusion matrices" and
    does not say which; this is ours.

    Args:
        first, second: (C,C) counts or shares, true classes in rows. A class that is not present
            is a row of zeros.

    Returns:
        From 0 for the same matrix to sqrt(2 C) for two that share no cell.
    """
    return float(np.linalg.norm(_shares(first) - _shares(second)))


def _shares(confusion: ArrayLike) -> NDArray[np.float64]:
    counts = np.asarray(confusion, float)
    return np.asarray(counts / np.maximum(counts.sum(1, keepdims=True), 1e-12))

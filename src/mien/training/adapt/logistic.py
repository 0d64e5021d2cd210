"""Multinomial logistic regression that starts from given answers, with numpy alone.

The log-odds are f = start + x W + b, with Gaussian priors on W and b whose mean is 0: without
labels f stays what it was, and each label draws it away a little. Few labels thus change little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.fusion.log_pool import softmax

__all__ = ["fit_logistic"]

Doubles = NDArray[np.float64]

_STEPS = 200
_NEAR = 1e-3  # of log-odds, at which the search ends


def fit_logistic(
    start: Doubles, rows: Doubles, labels: NDArray[np.int64], spread: float, bias_spread: float
) -> tuple[Doubles, Doubles]:
    """The likeliest weights after labels and priors (maximum a posteriori).

    The search takes steps that a bound of the curvature allows (Böhning 1992), each from a place a
    little ahead (Nesterov 1983), in the space of the clips, of which there are fewer than columns.

    Args:
        start: (n,K) log-odds that the search starts from.
        rows: (n,E) standardised measurements; E may be 0.
        labels: (n,) columns of the K classes.
        spread: standard deviation that x W is thought to have, where rows have E columns of
            standard deviation 1.
        bias_spread: standard deviation that each b is thought to have.

    Returns:
        (E,K) weights and (K,) bias.
    """
    count, columns = rows.shape
    scale = spread**2 / max(1, columns)
    kernel = scale * rows @ rows.T + bias_spread**2
    truth = np.eye(start.shape[1])[labels]
    towards = np.linalg.inv(np.eye(count) + kernel / 2)
    dual = before = np.zeros_like(start)
    speed = 1.0
    for _ in range(_STEPS):
        further = (1 + np.sqrt(1 + 4 * speed**2)) / 2
        ahead = dual + (speed - 1) / further * (dual - before)
        slope = truth - softmax(start + kernel @ ahead) - ahead
        before, dual, speed = dual, ahead + towards @ slope, further
        moved = kernel @ (dual - before)
        if np.abs(moved).max() < _NEAR:
            break
        if (slope * moved).sum() < 0:  # past the top: begin slowly again (O'Donoghue 2015)
            speed = 1.0
    return scale * rows.T @ dual, bias_spread**2 * dual.sum(0)

"""Fitting a `LogPool` on held-out scores (needs scipy, extra `train`)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.log_pool import LogPool, softmax

__all__ = ["fit_log_pool", "simplex", "temperature"]

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]

_PARTS = 20  # steps of the grid of weights


def nll(scores: Rows, labels: Labels, t: float) -> float:
    """Mean negative log-likelihood of softmax(scores / t)."""
    of_truth = softmax(scores / t)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_truth, 1e-12)).mean())


def temperature(scores: Rows, labels: Labels) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017), 0.05 to 20."""
    from scipy.optimize import minimize_scalar

    best = minimize_scalar(
        lambda log_t: nll(scores, labels, float(np.exp(log_t))),
        bounds=(np.log(0.05), np.log(20)),
        method="bounded",
    )
    return float(np.exp(best.x))


def simplex(branches: int, parts: int = _PARTS) -> Rows:
    """All weights (N,branches) in steps of 1 / parts that sum to 1, each branch with some."""
    grid = [g for g in product(range(1, parts), repeat=branches - 1) if sum(g) < parts]
    return np.array([[*g, parts - sum(g)] for g in grid], float) / parts


def fit_log_pool(parts: Mapping[str, Rows], labels: Labels, shrink: float = 0.5) -> LogPool:
    """Weights and temperatures from held-out scores.

    Modality dropout is taken in full rather than drawn: every set of branches gets a temperature
    of its own, fitted on the clips that have all of its branches. The weights are fitted on a
    grid and drawn towards equal ones, since weights tuned on few clips overstate.

    Args:
        parts: {branch: (N,C) log-probabilities of held-out clips, NaN rows where it is absent}.
        labels: (N,) columns.
        shrink: 0 keeps the fitted weights, 1 makes them equal.

    Raises:
        UsageError: a branch is absent from every clip.
    """
    names = sorted(parts)
    present = {name: ~np.isnan(parts[name][:, 0]) for name in names}
    for name in names:
        if not present[name].any():
            raise UsageError(f"branch '{name}' is absent from every clip; leave it out")
    weights = _weights(parts, present, labels, shrink)
    temperatures = {}
    for size in range(1, len(names) + 1):
        for chosen in combinations(names, size):
            rows = np.logical_and.reduce([present[name] for name in chosen])
            pooled = _pooled(parts, chosen, weights, rows)
            # Too few clips with just these branches: no better guess than leaving the scores be.
            enough = rows.sum() >= 2 * pooled.shape[1]
            temperatures["+".join(chosen)] = temperature(pooled, labels[rows]) if enough else 1.0
    return LogPool(weights, temperatures)


def _pooled(
    parts: Mapping[str, Rows],
    chosen: tuple[str, ...],
    weights: Mapping[str, float],
    rows: NDArray[np.bool_],
) -> Rows:
    total = sum(weights[name] for name in chosen)
    each = [weights[name] / total * parts[name][rows] for name in chosen]
    return np.asarray(np.sum(each, axis=0))


def _weights(
    parts: Mapping[str, Rows],
    present: Mapping[str, NDArray[np.bool_]],
    labels: Labels,
    shrink: float,
) -> dict[str, float]:
    names = tuple(sorted(parts))
    rows = np.logical_and.reduce([present[name] for name in names])
    equal = np.full(len(names), 1 / len(names))
    if len(names) == 1 or not rows.any():
        return dict(zip(names, equal.tolist(), strict=True))

    def loss(grid: Rows) -> float:
        pooled = _pooled(parts, names, dict(zip(names, grid, strict=True)), rows)
        return nll(pooled, labels[rows], temperature(pooled, labels[rows]))

    fitted = min(simplex(len(names)), key=loss)
    drawn = (1 - shrink) * fitted + shrink * equal
    return {name: float(value) for name, value in zip(names, drawn, strict=True)}

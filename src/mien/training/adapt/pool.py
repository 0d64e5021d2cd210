"""Weights of the branches and temperatures, drawn to those that the bundle has (numpy alone)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mien.fusion.branch_scores import BranchScores
from mien.fusion.fit_log_pool import simplex
from mien.fusion.log_opinion import FusedLogPool
from mien.fusion.log_pool import LogPool, softmax
from mien.training.adapt.clips import Base

__all__ = ["fit_pool", "fused", "log_losses"]

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

# Chosen by hand: below 30 labels the bundle's weights count for more than those fitted, and a
# temperature is thought to be right within a factor of 1.6.
_WORTH = 30.0  # labels that the bundle's own weights count as
_SURE = 0.5  # standard deviation that the logarithm of a temperature is thought to have
_GRID = np.exp(np.linspace(np.log(0.1), np.log(10), 41))
_MOST = 4  # branches whose weights are searched


def log_losses(probabilities: Doubles, labels: Ints) -> Doubles:
    """(n,) negative log-likelihood of each label by (n,K) probabilities."""
    of_truth = probabilities[np.arange(len(labels)), labels]
    return np.asarray(-np.log(np.maximum(of_truth, 1e-9)))


def fused(pool: LogPool, parts: Mapping[str, Doubles], prior: Doubles) -> Doubles:
    """(n,K) probabilities of clips, each from the branches that it has.

    Args:
        pool: weights and temperatures.
        parts: {branch: (n,K) log-probabilities}, rows of NaN where it is absent.
        prior: (K,) the answer where all are.
    """
    names = tuple(sorted(parts))
    joined = FusedLogPool(names, len(prior), pool.weights, pool.temperatures)
    probabilities = joined.batch(
        {name: BranchScores.of(_normal(rows)) for name, rows in parts.items()}
    )
    return np.where(np.isnan(probabilities), prior, probabilities)


def _normal(scores: Doubles) -> Doubles:
    """Log-probabilities that sum to one."""
    shifted = scores - scores.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))


def fit_pool(parts: Mapping[str, Doubles], labels: Ints, base: Base) -> LogPool:
    """Fit on what branches say of clips that they did not learn from.

    Args:
        parts: {branch: (n,K) log-probabilities}, rows of NaN where it is absent.
        labels: (n,) columns.
        base: the bundle's own numbers.
    """
    normal = {name: _normal(rows) for name, rows in parts.items()}
    weights = _weights(normal, labels, base)
    temperatures = dict(base.temperatures)
    for size in range(1, len(parts) + 1):
        for chosen in combinations(sorted(parts), size):
            name = "+".join(chosen)
            pooled, known = _pooled(normal, chosen, weights, labels)
            temperatures[name] = _temperature(pooled, known, base.temperatures[name])[0]
    return LogPool(weights, temperatures)


def _pooled(
    parts: Mapping[str, Doubles],
    chosen: tuple[str, ...],
    weights: Mapping[str, float],
    labels: Ints,
) -> tuple[Doubles, Ints]:
    """Weighted sums (m,K) and labels (m,) of the clips that have all of these branches."""
    present = ~np.isnan(np.stack([parts[name][:, 0] for name in chosen])).any(0)
    total = sum(weights[name] for name in chosen) or 1.0
    each = [weights[name] / total * parts[name][present] for name in chosen]
    return np.sum(each, axis=0), labels[present]


def _temperature(pooled: Doubles, labels: Ints, usual: float) -> tuple[float, float]:
    """The likeliest temperature, and the loss of all clips at it, both with the prior."""
    if not len(labels):
        return usual, 0.0
    grid = usual * _GRID
    scores = pooled[None] / grid[:, None, None]
    of_truth = softmax(scores)[:, np.arange(len(labels)), labels]
    prior = (np.log(grid / usual) / _SURE) ** 2 / 2
    losses = -np.log(np.maximum(of_truth, 1e-12)).sum(1) + prior
    best = int(losses.argmin())
    return float(grid[best]), float(losses[best])


def _weights(parts: Mapping[str, Doubles], labels: Ints, base: Base) -> dict[str, float]:
    """On a grid, then drawn to those of the bundle by the number of labels."""
    names = tuple(sorted(parts))
    present = ~np.isnan(np.stack([parts[name][:, 0] for name in names])).any(0)
    usual = np.array([base.weights[name] for name in names])
    if not 1 < len(names) <= _MOST or not present.any():
        return dict(zip(names, usual.tolist(), strict=True))

    def loss(grid: Doubles) -> float:
        pooled, known = _pooled(parts, names, dict(zip(names, grid.tolist(), strict=True)), labels)
        return _temperature(pooled, known, base.temperatures["+".join(names)])[1]

    best = min(simplex(len(names)), key=loss)
    count = float(present.sum())
    drawn = (count * best + _WORTH * usual) / (count + _WORTH)
    return dict(zip(names, drawn.tolist(), strict=True))

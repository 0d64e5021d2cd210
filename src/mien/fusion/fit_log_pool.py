"""Fitting a `LogPool` on held-out scores (needs scipy, extra `train`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.fusion.log_pool import LogPool, softmax

__all__ = ["fit_log_pool", "temperature"]

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]

_SHRINK = 0.5  # how far the fitted weight is drawn to equal weights


def nll(scores: Rows, labels: Labels, t: float) -> float:
    """Mean negative log-likelihood of softmax(scores / t)."""
    given = softmax(scores / t)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(given, 1e-12)).mean())


def temperature(scores: Rows, labels: Labels) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017), 0.05 to 20."""
    from scipy.optimize import minimize_scalar

    best = minimize_scalar(
        lambda log_t: nll(scores, labels, float(np.exp(log_t))),
        bounds=(np.log(0.05), np.log(20)),
        method="bounded",
    )
    return float(np.exp(best.x))


def fit_log_pool(face: Rows, voice: Rows, labels: Labels) -> LogPool:
    """Weights and temperatures from clips that have both branches.

    Modality dropout is taken in full rather than drawn: each clip counts once with both branches
    and once with each alone, and each of the three sets of branches gets its own temperature. The
    weight of the face is fitted on a grid and drawn half-way to equal weights, since weights tuned
    on few clips overstate.

    Args:
        face, voice: (N,C) mean log-probabilities of held-out clips.
        labels: (N,) columns.
    """
    t_face, t_voice = temperature(face, labels), temperature(voice, labels)
    grid = np.linspace(0.05, 0.95, 19)

    def loss(share: float) -> float:
        pooled = share * face + (1 - share) * voice
        return nll(pooled, labels, temperature(pooled, labels))

    fitted = min(grid, key=loss)
    share = float((1 - _SHRINK) * fitted + _SHRINK * 0.5)
    both = temperature(share * face + (1 - share) * voice, labels)
    temperatures = {"face": t_face, "voice": t_voice, "face+voice": both}
    return LogPool({"face": share, "voice": 1 - share}, temperatures)

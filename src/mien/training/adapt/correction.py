"""What is added to the log-probabilities of one branch: a bias by class, or a linear head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.training.adapt.logistic import fit_logistic

__all__ = ["BIAS_SPREAD", "HEAD_SPREAD", "Correction", "Kind", "fit_correction"]

Doubles = NDArray[np.float64]
Kind = Literal["none", "bias", "head"]

BIAS_SPREAD = 1.4
"""Standard deviation of a class's log-odds between a bundle and new material: chosen by hand, a
factor of four in the odds."""
HEAD_SPREAD = 8.0
"""The same of what a linear head adds to them: of 2, 4 and 8 the one with the largest gain at 48
labels, which three corpora choose for a fourth (`reports/logs/adapt_ideas.md`)."""
_LEAST = 0.05  # part of the median deviation that a column is divided by at least


@dataclass(frozen=True)
class Correction:
    """Added to log-probabilities (n,K).

    Args:
        kind: "none" leaves them as they are.
        bias: (K,).
        weights: (E,K) of the mean embedding; None without a head.
    """

    kind: Kind
    bias: Doubles
    weights: Doubles | None = None

    def __call__(self, start: Doubles, rows: Doubles | None) -> Doubles:
        """(n,K) corrected log-probabilities; rows of NaN stay so.

        Args:
            start: (n,K) log-probabilities.
            rows: (n,E) mean embeddings; only a head needs them.
        """
        if self.weights is None or rows is None:
            return start + self.bias
        return start + rows @ self.weights + self.bias


def fit_correction(
    kind: Kind,
    start: Doubles,
    rows: Doubles | None,
    labels: NDArray[np.int64],
    temperature: float,
) -> Correction:
    """Fit one on labelled clips that have the branch.

    Args:
        kind: what may be added.
        start: (n,K) log-probabilities.
        rows: (n,E) mean embeddings; None for a bias.
        labels: (n,) columns.
        temperature: at which the branch speaks alone; what is added counts at it.
    """
    classes = start.shape[1]
    if kind == "none" or not len(labels):
        return Correction(kind, np.zeros(classes), None)
    if kind == "bias" or rows is None:
        nothing = np.zeros((len(labels), 0))
        _, bias = fit_logistic(start / temperature, nothing, labels, 1.0, BIAS_SPREAD)
        return Correction("bias", temperature * bias)
    mean, spread = rows.mean(0), rows.std(0)
    spread = np.maximum(spread, _LEAST * np.median(spread) + 1e-9)
    scaled = (rows - mean) / spread
    weights, bias = fit_logistic(start / temperature, scaled, labels, HEAD_SPREAD, BIAS_SPREAD)
    folded = weights / spread[:, None]
    return Correction("head", temperature * (bias - mean @ folded), temperature * folded)

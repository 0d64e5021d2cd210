"""Scores with intervals: numpy only, so that results can be read without the training extra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Calibration",
    "Scores",
    "bootstrap_uar",
    "calibration",
    "confusion_counts",
    "holm",
    "mcnemar",
    "mean_sd",
    "recalls_of",
    "reliability",
    "risk_coverage",
    "scores",
    "wilson",
]

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """The scores of a system on n clips.

    Args:
        n: clips, all of them, also those without an answer of their own.
        accuracy: part that is right.
        interval: Wilson 95 % interval of the accuracy.
        uar: unweighted average recall over the classes present.
        uar_interval: 95 % bootstrap interval by group; None without groups.
        macro_f1: mean F1 over the classes present.
        recalls: (C,) recall of each class, NaN where the class is not present.
        confusion: (C,C) counts, true classes in rows.
    """

    n: int
    accuracy: float
    interval: tuple[float, float]
    uar: float
    uar_interval: tuple[float, float] | None
    macro_f1: float
    recalls: Rows
    confusion: NDArray[np.int64]


def wilson(right: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson score interval of a proportion (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    p, spread = right / n, z**2 / n
    centre = (p + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(p * (1 - p) / n + spread / (4 * n))
    return centre - half, centre + half


def scores(
    truth: Labels, answer: Labels, classes: int, groups: Sequence[str] | None = None
) -> Scores:
    """Compare answers (n,) with the truth (n,), both columns of one label set.

    Args:
        truth, answer: columns of a label set.
        classes: its size.
        groups: speaker of each clip; whole speakers are drawn for the bootstrap.
    """
    confusion = confusion_counts(truth, answer, classes)
    right = int(np.trace(confusion))
    recalls = recalls_of(confusion)
    with np.errstate(invalid="ignore"):
        f1 = 2 * np.diag(confusion) / (confusion.sum(0) + confusion.sum(1))
    return Scores(
        n=len(truth),
        accuracy=right / max(1, len(truth)),
        interval=wilson(right, len(truth)),
        uar=float(np.nanmean(recalls)),
        uar_interval=None if groups is None else _bootstrap(truth, answer, classes, groups),
        macro_f1=float(np.mean(f1[confusion.sum(1) > 0])),
        recalls=recalls,
        confusion=confusion,
    )


def confusion_counts(truth: Labels, answer: Labels, classes: int) -> Counts:
    """(C,C) how often a true class (row) was answered with a class (column)."""
    cells = np.bincount(truth * classes + answer, minlength=classes**2)
    return cells.reshape(classes, classes).astype(np.int64)


def recalls_of(confusion: Counts) -> Rows:
    """(...,C) recall of each class of confusions (...,C,C), NaN where a class is not present."""
    total, right = confusion.sum(-1), np.diagonal(confusion, axis1=-2, axis2=-1)
    return np.where(total > 0, right / np.maximum(total, 1), np.nan)


def _bootstrap(
    truth: Labels, answer: Labels, classes: int, groups: Sequence[str]
) -> tuple[float, float]:
    group_names = np.array(groups)
    masks = [group_names == name for name in sorted(set(groups))]
    return bootstrap_uar(
        np.stack([[confusion_counts(truth[m], answer[m], classes)] for m in masks])
    )


def bootstrap_uar(parts: Counts, times: int = 2000) -> tuple[float, float]:
    """Percentile 95 % interval of the UAR, drawing whole groups with replacement.

    Args:
        parts: (G,S,C,C) confusion of each group (a speaker) under each seed; with several seeds
            the interval is that of their mean UAR.
        times: draws.
    """
    draw = np.random.default_rng(0)
    values = []
    for _ in range(times):
        drawn = parts[draw.integers(0, len(parts), len(parts))].sum(0)
        values.append(float(np.nanmean(recalls_of(drawn), axis=1).mean()))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def mean_sd(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation over seeds; no deviation of a single one."""
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return float(np.mean(values)), sd


def mcnemar(
    first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]
) -> tuple[int, int, float]:
    """McNemar's exact test on the same clips.

    Returns:
        clips only the first got right, clips only the second got right, two-sided p.
    """
    first = int((first_right & ~second_right).sum())
    second = int((~first_right & second_right).sum())
    n, k = first + second, min(first, second)
    tail = sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    return first, second, min(1.0, 2 * tail)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for having tested all of them (Holm 1979), in the order given."""
    p = np.array(p_values, float)
    order = np.argsort(p)
    factors = np.arange(len(p), 0, -1)
    steps = np.maximum.accumulate(np.minimum(1, factors * p[order]))
    return [float(value) for value in steps[np.argsort(order)]]


def risk_coverage(right: NDArray[np.bool_], confidence: Rows) -> Rows:
    """Part of wrong answers (n,) among the k = 1..n most confident ones (El-Yaniv & Wiener 2010).

    Answers of equal confidence count with the mean of all of them, so that the curve does not
    depend on the order of the clips.
    """
    _, tie, sizes = np.unique(-confidence, return_inverse=True, return_counts=True)
    wrong = np.bincount(tie, ~right) / sizes
    return np.asarray(np.cumsum(wrong[np.sort(tie)]) / np.arange(1, len(right) + 1))


@dataclass(frozen=True)
class Calibration:
    """The calibration of probabilities.

    Args:
        ece: expected calibration error over equal-mass bins.
        ece_perfect: 95th percentile of the ECE that a perfectly calibrated model with the same
            confidences and n would show; the ECE of small sets is biased upwards.
        nll: mean negative log-likelihood.
        brier: mean squared error over all classes.
        bins: mean confidence, accuracy and count of each bin.
    """

    ece: float
    ece_perfect: float
    nll: float
    brier: float
    bins: tuple[tuple[float, float, int], ...]


def calibration(truth: Labels, probabilities: Rows, bins: int = 15) -> Calibration:
    """Calibration of probabilities (n,C) against the truth (n,)."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    parts = _equal_mass(confidence, bins)
    draw = np.random.default_rng(0)
    perfect = [_ece(confidence, draw.random(len(truth)) < confidence, parts) for _ in range(1000)]
    true_probabilities = np.maximum(probabilities[np.arange(len(truth)), truth], 1e-12)
    exact = np.eye(probabilities.shape[1])[truth]
    return Calibration(
        ece=_ece(confidence, right, parts),
        ece_perfect=float(np.percentile(perfect, 95)),
        nll=float(-np.log(true_probabilities).mean()),
        brier=float(((probabilities - exact) ** 2).sum(1).mean()),
        bins=reliability(right, confidence, bins),
    )


def reliability(
    right: NDArray[np.bool_], confidence: Rows, bins: int = 15
) -> tuple[tuple[float, float, int], ...]:
    """Mean confidence, part right and count of each of the equal-mass bins of answers (n,)."""
    parts = _equal_mass(confidence, bins)
    return tuple((float(confidence[p].mean()), float(right[p].mean()), len(p)) for p in parts)


def _equal_mass(confidence: Rows, bins: int) -> list[NDArray[np.int64]]:
    order = np.argsort(confidence, kind="stable")
    return [part for part in np.array_split(order, bins) if len(part)]


def _ece(confidence: Rows, right: NDArray[np.bool_], parts: Sequence[NDArray[np.int64]]) -> float:
    gaps = (confidence - right)[np.concatenate(parts)]
    starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
    return float(np.abs(np.add.reduceat(gaps, starts)).sum() / len(confidence))

"""The prior that answers for an absent system, so that every clip counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.evaluation.scores import ScoreTable
from mien.labels import LabelSet

__all__ = ["Prior", "prior_of"]

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Prior:
    """The prior that answers in place of an absent system.

    Args:
        rows: (n,C) probabilities for each row of the table.
        words: where they come from.
    """

    rows: Rows
    words: str


def prior_of(table: ScoreTable, prior: Mapping[str, float] | None = None) -> Prior:
    """The prior for each row of a table, see `build_report`."""
    classes = len(table.labels)
    if prior is not None:
        return Prior(
            _repeated(_normalized_prior(table.labels, prior), len(table)), "shares given by the run"
        )
    folds = np.unique(table.fold)
    if len(folds) == 1:
        words = "shares in the reported clips, as no others are known: a slight favour"
        return Prior(_repeated(_shares(table.truth, classes), len(table)), words)
    rows = np.zeros((len(table), classes))
    for fold in folds:
        in_fold = table.fold == fold
        rows[in_fold] = _shares(table.truth[~in_fold], classes)
    return Prior(rows, "shares in the clips of the other folds")


def _normalized_prior(labels: LabelSet, prior: Mapping[str, float]) -> Rows:
    values = labels.vector(prior)
    if values.min() < 0 or values.sum() <= 0:
        raise UsageError("the prior needs shares of at least 0, and one above it")
    return np.asarray(values / values.sum())


def _shares(truth: NDArray[np.int64], classes: int) -> Rows:
    """(C,) shares with one more clip of each class, so that none is impossible."""
    counts = np.bincount(truth[truth >= 0], minlength=classes) + 1.0
    return np.asarray(counts / counts.sum())


def _repeated(row: Rows, count: int) -> Rows:
    return np.tile(row, (count, 1))

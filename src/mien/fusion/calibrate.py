"""Held-out scores of a fusion, and the temperature that makes them true probabilities again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.branch_scores import BranchScores
from mien.fusion.fit_log_pool import temperature
from mien.fusion.fuser import Fused, Fusion

__all__ = ["calibrated", "held_out"]

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]


def held_out(
    fusion: Fusion,
    parts: Mapping[str, BranchScores],
    labels: Labels,
    classes: int,
    folds: Labels,
    seed: int,
    folder: Path,
) -> Rows:
    """Fuse each fold of the clips with what was fitted on the other folds.

    Args:
        fusion, parts, labels, classes, seed, folder: as in `Fusion.fit`.
        folds: (n,) number of each clip's fold; keep a speaker in one fold.

    Returns:
        (n,C) probabilities, NaN rows where all branches are absent.

    Raises:
        UsageError: fewer than two folds.
    """
    numbers = np.unique(folds)
    if len(numbers) < 2:
        raise UsageError("held-out scores need two folds or more")
    result = np.full((len(labels), classes), np.nan)
    for number in numbers.tolist():
        out = folds == number
        seen = {name: part.rows(~out) for name, part in parts.items()}
        fused = fusion.fit(seen, labels[~out], classes, seed, folder / f"fold{number}")
        result[out] = fused.batch({name: part.rows(out) for name, part in parts.items()})
    return result


def calibrated(fused: Fused, probabilities: Rows, labels: Labels) -> Fused:
    """The fusion with a temperature (Guo et al. 2017) fitted on its held-out answers.

    Args:
        fused: fitted on all clips.
        probabilities: (n,C) as `held_out` gives them. Answers on clips that the fusion was fitted
            on will not do: a forest knows those by heart.
        labels: (n,) columns.
    """
    present = ~np.isnan(probabilities[:, 0])
    if present.sum() < 2 * fused.classes:  # no better guess than leaving the scores be
        return fused
    scores = np.log(np.maximum(probabilities[present], 1e-12))
    return replace(fused, temperature=temperature(scores, labels[present]))

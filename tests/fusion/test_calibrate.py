from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.fusion.calibrate import calibrated, held_out
from mien.fusion.mean import FusedMean, Mean
from mien.fusion.stacked_forest import StackedForest

from .clips import CLASSES, made


def test_a_fold_is_fused_by_what_the_others_taught(tmp_path: Path) -> None:
    parts, labels = made(90, seed=0)
    folds = np.arange(90) % 3
    fusion = StackedForest(trees=10)
    said = held_out(fusion, parts, labels, CLASSES, folds, 0, tmp_path)
    seen, rest = folds != 1, folds == 1
    others = {name: part.rows(seen) for name, part in parts.items()}
    fused = fusion.fit(others, labels[seen], CLASSES, 0, tmp_path / "again")
    np.testing.assert_array_equal(
        said[rest], fused.batch({name: part.rows(rest) for name, part in parts.items()})
    )
    assert np.isnan(said[0]).all()
    with pytest.raises(UsageError, match="two folds or more"):
        held_out(fusion, parts, labels, CLASSES, np.zeros(90, np.int64), 0, tmp_path)


def test_the_temperature_undoes_false_modesty(tmp_path: Path) -> None:
    parts, labels = made(4000, seed=0)
    said = held_out(Mean(), parts, labels, CLASSES, np.arange(4000) % 2, 0, tmp_path)
    fused = calibrated(FusedMean(tuple(sorted(parts)), CLASSES), said, labels)
    assert fused.temperature < 0.9  # a mean of several is less sure than it might be

    def loss(probabilities: np.ndarray) -> float:
        there = ~np.isnan(probabilities[:, 0])
        return -float(np.log(probabilities[there, labels[there]]).mean())

    assert loss(fused.batch(parts)) < loss(said) - 0.01


def test_too_few_clips_leave_it_alone() -> None:
    fused = FusedMean(("a",), 2)
    assert calibrated(fused, np.array([[0.9, 0.1]] * 3), np.array([0, 1, 0])) is fused


def test_two_clips_a_class_are_enough() -> None:
    """Right in three of four with 0.9: less sure is better."""
    fused = FusedMean(("a",), 2)
    said = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    assert calibrated(fused, said, np.array([0, 0, 1, 0])).temperature > 1.2
    absent = np.vstack([said[:3], [[np.nan, np.nan]]])
    assert calibrated(fused, absent, np.array([0, 0, 1, 0])) is fused

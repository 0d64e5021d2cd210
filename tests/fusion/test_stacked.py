from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.fusion.branch_scores import stacked
from mien.fusion.fuser import Fusion
from mien.fusion.stacked import FusedStacked, probabilities
from mien.fusion.stacked_adaboost import StackedAdaBoost
from mien.fusion.stacked_forest import StackedForest
from mien.fusion.stacked_svm import StackedSvm

from .clips import CLASSES, made, spoken

STACKED = [
    StackedSvm(),
    StackedSvm(kernel="linear", balanced=True),
    StackedForest(trees=20),
    StackedForest(trees=20, balanced=True),
    StackedAdaBoost(rounds=10),
]


def test_the_paper_s_numbers_are_the_defaults() -> None:
    assert StackedSvm().c == 18.5
    assert (StackedForest().trees, StackedForest().split) == (500, 28)


def test_the_prior_stands_in_for_an_absent_branch() -> None:
    parts = {"a": spoken([0.9, 0.1], []), "b": spoken([0.3, 0.7], [0.2, 0.8])}
    rows = probabilities(stacked(parts, ("a", "b"), 2), (0.75, 0.25))
    np.testing.assert_allclose(rows, [[0.9, 0.1, 0.3, 0.7], [0.75, 0.25, 0.2, 0.8]], atol=1e-6)


def test_the_prior_is_counted_on_the_clips_that_teach(tmp_path: Path) -> None:
    parts = {"a": spoken([0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8], [])}
    fused = StackedSvm().fit(parts, np.array([0, 0, 0, 1, 1]), 2, 0, tmp_path)
    assert isinstance(fused, FusedStacked)
    assert fused.prior == (0.75, 0.25)


@pytest.mark.parametrize("fusion", STACKED, ids=str)
def test_two_of_the_classes_are_enough_and_one_is_not(fusion: Fusion, tmp_path: Path) -> None:
    parts, labels = made(120, seed=0)
    some = np.isin(labels, (1, 3))
    few = {name: part.rows(some) for name, part in parts.items()}
    fused = fusion.fit(few, labels[some], CLASSES, 0, tmp_path)
    said = fused.batch(few)
    there = ~np.isnan(said[:, 0])
    assert (said[there].argmax(1) == labels[some][there]).mean() > 0.8
    assert said[there][:, [0, 2]].max() < 1e-4
    with pytest.raises(UsageError, match="two classes or more"):
        fusion.fit(few, np.ones(some.sum(), np.int64), CLASSES, 0, tmp_path)

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.fusion.branch_scores import BranchScores, stacked
from mien.fusion.complementary import ComplementaryModDrop, complementary
from tests.fusion.clips import spoken

LABELS = np.arange(120) % 3


def says(answers: np.ndarray) -> BranchScores:
    """A branch that is sure of these answers."""
    return spoken(*(np.eye(3)[answers] * 0.9 + 0.05).tolist())


def wrong(where: np.ndarray, answer: int) -> np.ndarray:
    answers = LABELS.copy()
    answers[where] = answer
    return answers


PARTS = {
    "base": says(wrong(LABELS == 0, 1)),  # takes the first class for the second
    "twin": says(wrong(LABELS == 0, 1)),
    "other": says(wrong(LABELS == 2, 0)),  # errs elsewhere, as often
    "poor": says(np.full(120, 2)),
    "poorer": says((LABELS + 1) % 3),
}


def test_what_errs_elsewhere_is_chosen_before_what_errs_alike() -> None:
    stack = stacked(PARTS, sorted(PARTS), 3)
    chosen = complementary(stack, LABELS, 3, ("base",), 1)
    assert chosen == ("base", "other")
    assert complementary(stack, LABELS, 3, ("base",), 0) == ("base",)
    assert complementary(stack, LABELS, 3, ("base",), 2) == ("base", "other", "twin")


def test_only_the_better_half_is_chosen_from() -> None:
    stack = stacked(PARTS, sorted(PARTS), 3)
    assert "poorer" not in complementary(stack, LABELS, 3, ("base",), 2)


def test_the_fitted_fusion_has_the_chosen_branches(tmp_path: Path) -> None:
    how = ComplementaryModDrop(base=("base",), add=1, hidden_per_modality=4)
    how = replace(how, training=replace(how.training, epochs=2, steps=5))
    fused = how.fit(PARTS, LABELS, 3, 0, tmp_path)
    assert fused.branches == ("base", "other")
    rows = fused.batch({name: PARTS[name] for name in fused.branches})
    assert rows.shape == (120, 3)
    assert np.isfinite(rows).all()


def test_without_a_base_the_most_accurate_begins() -> None:
    parts = {**PARTS, "best": says(LABELS)}
    assert complementary(stacked(parts, sorted(parts), 3), LABELS, 3, (), 0) == ("best",)
    with pytest.raises(UsageError, match=r"complementary.add -1: must be at least 0"):
        ComplementaryModDrop(add=-1)

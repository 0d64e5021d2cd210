"""What was tried for `reliable`, on answers whose outcome is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.evaluation.verify.transfer import least_from
from project.bundle.confidence_tries import SHARES, by_class, thresholds, wrong_lie_further
from tests.project.bundle.made import made_answers


def test_the_least_confidence_leaves_the_share_that_is_asked_for() -> None:
    sure = np.repeat([0.405, 0.605, 0.805], 20)
    right = np.r_[np.zeros(20), np.ones(10), np.zeros(10), np.ones(20)] > 0
    assert least_from(sure, right, 0.5) == 0.25  # 30 of 60
    assert least_from(sure, right, 0.75) == pytest.approx(0.41)  # 30 of 40
    assert least_from(sure, right, 0.9) == pytest.approx(0.61)  # 20 of 20
    assert least_from(np.full(20, 0.97), np.zeros(20, bool), 0.5) == 1.0


def test_each_share_has_a_line_with_and_without_the_worst_corpus(tmp_path: Path) -> None:
    made_answers(tmp_path)
    lines = list(thresholds(tmp_path))
    assert len(lines) == 2 * len(SHARES)
    for share, line in zip(np.repeat(SHARES, 2), lines, strict=True):
        assert line.startswith(f"{share:.2f} asked for")
        assert line.count("voice") >= 5
    assert by_class(tmp_path).count(" face ") == 2


def test_wrong_answers_that_lie_outside_are_told_from_right_ones() -> None:
    draw = np.random.default_rng(0)
    known = draw.normal(size=(200, 3)) @ draw.normal(size=(3, 80))
    inside = draw.normal(size=(20, 3)) @ draw.normal(size=(3, 80)) * 0
    outside = inside + draw.normal(size=(20, 80))
    wrong = np.repeat([False, True], 20)
    far, near, area = wrong_lie_further(known, np.concatenate([inside, outside]), wrong)
    assert area == 1.0
    assert far > near
    assert wrong_lie_further(known, np.concatenate([outside, inside]), wrong)[2] == 0.0

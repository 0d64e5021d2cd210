from __future__ import annotations

import numpy as np
import pytest

from mien.metrics import calibration, mcnemar, scores, wilson


def test_the_interval_of_the_notes() -> None:
    low, high = wilson(213, 383)  # 55.6 % of 383 is 50.6 to 60.5
    assert (round(100 * low, 1), round(100 * high, 1)) == (50.6, 60.5)


def test_scores_worked_out_by_hand() -> None:
    truth = np.array([0, 0, 0, 1, 1, 3])
    answer = np.array([0, 0, 1, 1, 0, 3])
    s = scores(truth, answer, 4)
    assert s.accuracy == pytest.approx(4 / 6)
    assert s.uar == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert np.isnan(s.recalls[2])
    # F1: 2*2/(3+3), 2*1/(2+2), 1
    assert s.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert s.confusion.sum() == 6
    assert s.confusion[0, 1] == 1


def test_whole_speakers_are_drawn() -> None:
    truth = np.array([0, 1] * 50)
    answer = np.where(np.arange(100) < 50, truth, 1 - truth)
    groups = ["a"] * 50 + ["b"] * 50
    s = scores(truth, answer, 2, groups)
    assert s.uar_interval == pytest.approx((0.0, 1.0))


def test_mcnemar_worked_out_by_hand() -> None:
    first = np.array([True] * 6 + [False] * 1 + [True] * 3)
    second = np.array([False] * 6 + [True] * 1 + [True] * 3)
    only_first, only_second, p = mcnemar(first, second)
    assert (only_first, only_second) == (6, 1)
    assert p == pytest.approx(2 * (1 + 7) / 2**7)
    assert mcnemar(first, first)[2] == 1


def test_a_calibrated_model_reads_as_one_and_an_overconfident_one_does_not() -> None:
    draw = np.random.default_rng(0)
    confidence = draw.uniform(0.5, 1, 4000)
    truth = (draw.random(4000) > confidence).astype(np.int64)
    true = calibration(truth, np.stack([confidence, 1 - confidence], 1))
    assert true.ece < true.ece_perfect
    sure = calibration(truth, np.stack([np.full(4000, 0.99), np.full(4000, 0.01)], 1))
    assert sure.ece > 0.15

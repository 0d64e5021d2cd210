"""The confidence from which answers are right often enough."""

from __future__ import annotations

import numpy as np

from mien.evaluation.thresholds import confidence_from

STEPS = np.array([0.2, 0.4, 0.6, 0.8])
SURE = np.array([0.25, 0.45, 0.5, 0.7, 0.9])
RIGHT = np.array([False, True, True, False, True])


def test_the_lowest_threshold_that_leaves_enough_right_answers() -> None:
    assert confidence_from(SURE, RIGHT, STEPS, share=0.6) == 0.2  # 3 of 5
    assert confidence_from(SURE, RIGHT, STEPS, share=0.7) == 0.4  # 3 of 4
    assert confidence_from(SURE, RIGHT, STEPS, share=0.8) == 0.8  # 1 of 1
    assert confidence_from(SURE, RIGHT, STEPS, share=0.8, enough=2) is None
    assert confidence_from(SURE, ~RIGHT, STEPS) is None


def test_all_higher_thresholds_may_have_to_reach_it_too() -> None:
    """From 0.6 on only 1 of 2 is right."""
    assert confidence_from(SURE, RIGHT, STEPS, share=0.7, throughout=True) == 0.8
    assert confidence_from(SURE, RIGHT, STEPS, share=0.7, enough=3, throughout=True) == 0.4
    assert confidence_from(SURE, ~RIGHT, STEPS, throughout=True) is None
    assert confidence_from(SURE[:0], RIGHT[:0], STEPS, throughout=True) == 0.2

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import UsageError
from mien.fusion.branch_scores import BranchScores, stacked

from .clips import spoken


def test_branches_stand_side_by_side_with_zeros_where_absent() -> None:
    face, voice = spoken([0.9, 0.1], []), spoken([0.5, 0.5], [0.2, 0.8])
    stack = stacked({"voice": voice, "face": face}, ("face", "voice"), 2)
    np.testing.assert_allclose(stack.probabilities[0], [[0.9, 0.1], [0.5, 0.5]])
    np.testing.assert_allclose(stack.probabilities[1], [[0, 0], [0.2, 0.8]])
    assert stack.present.tolist() == [[True, True], [False, True]]
    np.testing.assert_allclose(stack.mean(), [[0.7, 0.3], [0.2, 0.8]])
    assert len(stack.rows(np.array([1]))) == 1


def test_scores_need_not_sum_to_one_and_may_be_certain() -> None:
    certain = BranchScores.of(np.array([[0.0, -np.inf], [3.0, 3.0]]))
    stack = stacked({"face": certain}, ("face",), 2)
    np.testing.assert_allclose(stack.probabilities[:, 0], [[1, 0], [0.5, 0.5]], atol=1e-8)


def test_broken_arrays_are_refused() -> None:
    with pytest.raises(UsageError, match="must be"):
        BranchScores(np.zeros((3, 2)), None, np.ones(2, bool))
    with pytest.raises(UsageError, match="log_probs has NaN"):
        BranchScores(np.array([[np.nan, 0.0]]), None, np.ones(1, bool))
    with pytest.raises(UsageError, match="descriptor has NaN"):
        BranchScores.of(np.zeros((1, 2)), np.array([[np.inf]]))
    with pytest.raises(UsageError, match="differ in their number of clips: face 1, voice 2"):
        stacked({"face": spoken([1.0]), "voice": spoken([1.0], [1.0])}, ("face", "voice"), 1)


def test_arrays_of_another_shape_and_branches_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match=r"arrays \(3,\) for 3 clips"):
        BranchScores(np.zeros(3), None, np.ones(3, bool))
    with pytest.raises(UsageError, match=r"arrays \(3, 2\), \(2, 4\) for 3 clips"):
        BranchScores(np.zeros((3, 2)), np.zeros((2, 4)), np.ones(3, bool))
    with pytest.raises(UsageError, match="no branch 'scene' in this fusion; it has face"):
        stacked({"scene": spoken([1.0, 0.0])}, ("face",), 2)
    with pytest.raises(UsageError, match="no branch given"):
        stacked({}, ("face",), 2)
    with pytest.raises(UsageError, match="branch 'face' has 2 classes, the fusion has 3"):
        stacked({"face": spoken([0.5, 0.5])}, ("face",), 3)


def test_what_an_absent_clip_holds_is_never_read() -> None:
    rows, descriptor = np.array([[0.0, -1.0], [np.nan] * 2]), np.array([[1.0, 2.0], [np.nan] * 2])
    part = BranchScores.of(rows, descriptor)
    assert part.present.tolist() == [True, False]
    stack = stacked({"face": part}, ("face", "voice"), 2)
    assert stack.some().tolist() == [True, False]
    (face, voice) = stack.descriptors
    assert voice is None
    np.testing.assert_array_equal(face, [[1, 2], [0, 0]])
    one = part[[0]]
    np.testing.assert_array_equal(one.descriptor, [[1, 2]])
    assert len(stack.rows(np.array([0])).descriptors[0]) == 1

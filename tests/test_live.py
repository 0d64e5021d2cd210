from __future__ import annotations

import numpy as np
import pytest

import mien
from tests.conftest import shifted


def test_people_are_where_they_are_in_the_last_picture(portrait: np.ndarray) -> None:
    live = mien.Live(fps=10)
    assert live.people() == {}
    for k in range(5):
        live.push_frame(portrait, k / 10)
    (before,) = live.people().values()
    for k in range(5, 8):
        live.push_frame(shifted(portrait, 4 * (k - 4)), k / 10)
    assert list(live.people()) == [1]
    moved = live.people()[1] - before
    np.testing.assert_allclose(moved, [12, 0, 12, 0], atol=4)


def test_a_face_that_is_gone_has_no_box_and_two_have_one_each(portrait: np.ndarray) -> None:
    live = mien.Live(fps=10)
    two = np.concatenate([portrait, portrait[:, ::-1]], 1)
    for k in range(4):
        live.push_frame(two, k / 10)
    left, right = sorted(live.people().values(), key=lambda box: box[0])
    assert left[2] < portrait.shape[1] < right[0]
    live.push_frame(np.full_like(two, 128), 0.4)
    assert live.people() == {}


def test_pictures_are_looked_at_as_often_as_wanted(portrait: np.ndarray) -> None:
    slow, fast = mien.Live(fps=2), mien.Live(fps=20)
    for k in range(11):
        slow.push_frame(portrait, k / 10)
        fast.push_frame(portrait, k / 10)
    assert slow._session.frames == 3
    assert fast._session.frames == 11


@pytest.mark.parametrize("options", [{"window": 0.7}, {"window": 61}, {"people": 0}, {"fps": 0}])
def test_options_that_cannot_be_used_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(mien.UsageError):
        mien.Live(**options)

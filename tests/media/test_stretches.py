from __future__ import annotations

import pytest

from mien.media.stretches import joined, seen


def test_each_sight_stands_for_half_a_step_on_both_sides() -> None:
    times = [0.0, 0.25, 0.5, 3.0, 3.25]
    assert seen(times, 0.6) == [(0.0, 0.625), (2.875, 3.375)]
    assert seen(times, 0.6, 3.3) == [(0.0, 0.625), (2.875, 3.3)]
    assert seen([2.0], 0.6) == [(2.0, 2.0)]
    assert seen([], 0.6) == []


@pytest.mark.parametrize(("end", "stop"), [(3.5, 3.5), (3.45, 3.45), (3.52, 3.375)])
def test_a_last_sight_stands_until_the_end_where_no_other_was_to_come(
    end: float, stop: float
) -> None:
    """The next picture would have been looked at 3.5 s."""
    times = [0.0, 0.25, 0.5, 3.0, 3.25]
    assert seen(times, 0.6, end) == [(0.0, 0.625), (2.875, stop)]


def test_stretches_of_several_kinds_as_one() -> None:
    assert joined([(0, 1), (4, 5)], [(0.5, 2), (2, 3)]) == [(0, 3), (4, 5)]
    assert joined() == []


@pytest.mark.parametrize("gap", [0.1, 0.2])
def test_a_step_longer_than_the_pause_is_one(gap: float) -> None:
    assert seen([0.0, 1.0, 2.0], gap) == [
        pytest.approx((max(0, k - gap / 2), k + gap / 2)) for k in range(3)
    ]

from __future__ import annotations

import pytest

from mien.fusion.diversity import diversity


def test_the_distance_of_rows_that_sum_to_one() -> None:
    first, second = [[8, 2], [0, 5]], [[1, 1], [0, 30]]
    # shares .8 .2 and .5 .5 in the first row, the same in the second
    assert diversity(first, second) == pytest.approx((2 * 0.3**2) ** 0.5)
    assert diversity(first, first) == 0
    assert diversity([[4, 0], [0, 4]], [[0, 2], [2, 0]]) == pytest.approx(2.0)  # sqrt(2 * 2)


def test_a_class_that_is_not_present_adds_nothing() -> None:
    assert diversity([[3, 1], [0, 0]], [[6, 2], [0, 0]]) == 0

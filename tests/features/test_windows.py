from __future__ import annotations

import numpy as np
import pytest

from mien.features.windows import Grid, WindowStats, spans


def test_statistics_of_parts_merge_into_those_of_the_whole() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 7))
    whole = WindowStats.of(rows)
    parts = WindowStats.of(rows[:7]) + WindowStats.of(rows[7:9]) + WindowStats.of(rows[9:])
    assert parts.n == 40
    np.testing.assert_allclose(parts.mean, rows.mean(0))
    np.testing.assert_allclose(parts.deviation, rows.std(0))
    np.testing.assert_allclose(parts.row, whole.row)


def test_rows_fall_into_the_cell_of_their_time() -> None:
    grid = Grid()
    grid.add(np.array([0.0, 0.49, 0.5, 1.0]), np.array([[1.0], [2.0], [3.0], [4.0]]))
    assert {cell: stats.n for cell, stats in grid.cells.items()} == {0: 2, 1: 1, 2: 1}
    between = grid.between(0.5, 1.0)
    assert between is not None
    assert between.mean == pytest.approx([3.0])
    assert grid.between(2.0, 4.0) is None


def test_order_of_adding_changes_nothing() -> None:
    times, rows = np.linspace(0, 5, 30), np.random.default_rng(1).normal(size=(30, 7))
    one, two = Grid(), Grid()
    one.add(times, rows)
    for k in range(30):
        two.add(times[k : k + 1], rows[k : k + 1])
    a, b = one.all(), two.all()
    assert a is not None
    assert b is not None
    np.testing.assert_allclose(a.mean, b.mean)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (0.0, [(0.0, 0.0)]),
        (1.2, [(0.0, 1.2)]),
        (2.0, [(0.0, 2.0)]),
        (3.2, [(0.0, 2.0), (0.5, 2.5), (1.0, 3.0), (1.5, 3.2)]),
    ],
)
def test_windows_start_on_the_grid_and_end_with_the_file(
    duration: float, expected: list[tuple[float, float]]
) -> None:
    np.testing.assert_allclose(list(spans(duration, 2.0)), expected)

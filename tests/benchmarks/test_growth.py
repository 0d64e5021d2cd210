"""A cost that grows in a straight line is found again, and an hour follows from it."""

from __future__ import annotations

import pytest


def test_the_line_behind_costs_is_found_again() -> None:
    from growth import TERMS, Point, fitted, seconds_an_hour

    true = dict(zip(TERMS, (0.2, 0.03, 0.05, 0.01), strict=True))
    shapes = [(30, 1, 0.23), (30, 1, 0.92), (30, 2, 0.92), (30, 5, 0.92), (30, 1, 2.07)]
    points = [
        Point("", seconds, people, size, 0.2 + seconds * (0.03 + 0.05 * size + 0.01 * people))
        for seconds, people, size in [*shapes, (7.5, 1, 0.92)]
    ]
    found = fitted(points)
    assert found["terms"] == pytest.approx(true, abs=1e-4)
    assert [p["fitted"] for p in found["points"]] == pytest.approx(
        [p.cpu for p in points], rel=1e-3
    )
    assert seconds_an_hour(true, 2, 0.92) == pytest.approx(0.2 + 3600 * (0.03 + 0.046 + 0.02))

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from mien.labels import EMOTIONS
from mien.output.report.cells import Cell, cells, runs, sights, thin, window_at, within
from mien.output.report.drawing import box_at
from mien.output.report.palette import COLOURS, colours, rgb
from mien.types import Span
from tests.output.report.sample import person, sure, timeline


def window(start: float, end: float, label: str | None = "sad") -> Span:
    return Span(start, end, label, None if label is None else sure(label))


def test_the_border_of_overlapping_windows_is_halfway_between_their_middles() -> None:
    parts = cells([window(0, 2), window(0.5, 2.5), window(1, 3)])
    assert [(c.start, c.end) for c in parts] == [(0, 1.25), (1.25, 1.75), (1.75, 3)]


def test_windows_that_touch_meet_and_others_leave_a_gap() -> None:
    parts = cells([window(0, 1), window(1, 2), window(5, 6)])
    assert [(c.start, c.end) for c in parts] == [(0, 1), (1, 2), (5, 6)]


def test_cells_of_a_branch() -> None:
    voice = cells(timeline(), "voice")
    assert [c.probabilities is None for c in voice] == [8 <= k < 11 for k in range(21)]
    assert all(c.probabilities is None for c in cells(timeline(), "smell"))


def test_runs_have_mean_probabilities_and_stop_at_gaps() -> None:
    parts = [
        Cell(0, 1, sure("sad", 0.6)),
        Cell(1, 2, sure("sad", 0.8)),
        Cell(2, 3, None),
        Cell(3, 4, sure("sad", 0.5)),
        Cell(7, 8, sure("sad", 0.9)),
        Cell(8, 9, sure("fear", 0.4)),
    ]
    found = [(r.start, r.end, r.label, pytest.approx(r.mean)) for r in runs(parts)]
    assert found == [
        (0, 2, "sad", 0.7),
        (3, 4, "sad", 0.5),
        (7, 8, "sad", 0.9),
        (8, 9, "fear", 0.4),
    ]
    assert list(runs([])) == []


def test_thinning_means_what_is_there_and_keeps_gaps() -> None:
    parts = [Cell(k, k + 1, sure("sad", 0.3 + 0.1 * k)) for k in range(4)]
    two = thin([*parts, Cell(4, 5, None), Cell(9, 10, None)], 3)
    assert [(c.start, c.end) for c in two] == [(0, 2), (2, 4), (4, 5), (9, 10)]
    assert two[0].probabilities is not None
    assert two[0].probabilities["sad"] == pytest.approx(0.35)
    assert two[2].probabilities is None
    assert thin(parts, 4) == parts
    assert thin([], 4) == []


def test_cells_within_stretches() -> None:
    parts = [Cell(0, 2, None), Cell(2, 4, None), Cell(4, 6, None)]
    found = [(c.start, c.end) for c in within(parts, [(1, 1.5), (1.7, 4.5), (8, 9)])]
    assert found == [(1, 1.5), (1.7, 2), (2, 4), (4, 4.5)]


def test_sights_and_boxes_between_them() -> None:
    one = person(1, np.array([1.0, 1.2, 1.4, 4.0, 4.2]), 0, "sad")
    assert sights(one) == [pytest.approx((0.9, 1.5)), pytest.approx((3.9, 4.3))]
    assert sights(one, end=4.25)[-1] == pytest.approx((3.9, 4.25))
    assert sights(person(1, np.array([3.0]), 0, "sad")) == [(3.0, 3.0)]
    at = {time: box_at(one, time) for time in (0.5, 0.8, 1.1, 1.4, 1.6, 2.5, 3.8, 4.1, 4.4, 4.6)}
    left = {time: None if box is None else round(float(box[0]), 3) for time, box in at.items()}
    assert left == {0.5: None, 0.8: 10, 1.1: 11, 1.4: 14, 1.6: 14, 2.5: None, 3.8: 40, 4.1: 41,
                    4.4: 42, 4.6: None}  # fmt: skip


def test_the_window_at_a_time_is_the_one_with_the_nearest_middle() -> None:
    spans = timeline()
    for time, start in ((0, 0), (1.2, 0), (1.3, 0.5), (6, 5), (12, 10), (99, 10)):
        found = window_at(spans, time)
        assert found is not None
        assert found.start == start
    assert window_at((), 1) is None


FIFTEEN = (*EMOTIONS.names, *(f"other {k}" for k in range(8)))


def linear(label: str) -> np.ndarray:
    c = np.array(rgb(label, FIFTEEN)) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(c: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = np.cbrt(to_xyz @ np.clip(c, 0.01, 1) / (0.9505, 1, 1.089))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


SIGHT = {  # Machado, Oliveira, Fernandes 2009, severity 1
    "all": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip


@pytest.mark.parametrize("kind", SIGHT)
def test_colours_can_be_told_apart(kind: str) -> None:
    assert tuple(COLOURS) == EMOTIONS.names
    seen = {name: lab(SIGHT[kind] @ linear(name)) for name in FIFTEEN}
    gaps = {
        (a, b): float(np.linalg.norm(seen[a] - seen[b]))
        for a, b in itertools.combinations(FIFTEEN, 2)
    }
    assert min(gaps.values()) > 14, min(gaps, key=lambda pair: gaps[pair])


def test_the_seven_keep_their_colours_and_others_never_share_one() -> None:
    found = colours(("calm", "sad", "contempt", "happy"))
    assert (found["sad"], found["happy"]) == (COLOURS["sad"], COLOURS["happy"])
    assert colours(EMOTIONS.names) == COLOURS
    assert colours(("calm", "sad"))["calm"] == found["calm"]
    many = colours(tuple(f"label {k}" for k in range(60)))
    assert len(set(many.values())) == 60
    assert all(re.fullmatch("#[0-9a-f]{6}", code) for code in many.values())
    assert rgb("nobody", ("calm",)) == rgb(None)

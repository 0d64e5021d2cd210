from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from mien.faces.detector import Detections, detector
from mien.faces.search import EVERY, STILL, FaceSearch, SampledFrame
from mien.media.pictures import Array, Picture
from tests.conftest import shifted

FPS = 25.0


class Counting:
    """A real detector that knows at how many pictures it looked."""

    name = "blazeface"

    def __init__(self) -> None:
        self._detector, self.looks = detector("blazeface"), 0

    def detect(self, frame: Array | Picture) -> Detections:
        self.looks += 1
        return self._detector.detect(frame)


def found(
    frames: Sequence[Array], sizes: Sequence[int], every: float = EVERY
) -> tuple[list[SampledFrame], int]:
    counting = Counting()
    search, looks, at = FaceSearch(counting, 2, every), list[SampledFrame](), 0
    for size in sizes:
        times = np.arange(at, at + size) / FPS
        looks += search.push(search.begin(frames[at : at + size], times))
        at += size
    looks += search.finish()
    assert [look.time for look in looks] == (np.arange(len(frames)) / FPS).tolist()
    return looks, counting.looks


def test_a_still_face_is_looked_at_twice_a_second(portrait: np.ndarray) -> None:
    looks, count = found([portrait] * 25, [25])
    assert count == 3  # one in each 0.5 s, and the last
    assert {len(look.found) for look in looks} == {1}


def test_no_face_is_as_cheap(portrait: np.ndarray) -> None:
    looks, count = found([np.full_like(portrait, 90)] * 25, [25])
    assert count == 3
    assert not any(len(look.found) for look in looks)


def test_faces_between_lie_between(portrait: np.ndarray) -> None:
    frames = [shifted(portrait, k) for k in range(11)]
    sparse, few = found(frames, [11])
    dense, all_of_them = found(frames, [11], every=0)
    assert few < all_of_them == 11
    side = float(dense[0].found.boxes[0, 2] - dense[0].found.boxes[0, 0])
    for one, other in zip(sparse, dense, strict=True):
        assert np.abs(one.found.points - other.found.points).max() < 0.04 * side


def test_where_things_move_every_picture_is_looked_at(portrait: np.ndarray) -> None:
    frames = [shifted(portrait, 12 * k) for k in range(11)]
    looks, count = found(frames, [11])
    dense, _ = found(frames, [11], every=0)
    assert count == 11
    for one, other in zip(looks, dense, strict=True):
        np.testing.assert_array_equal(one.found.points, other.found.points)


def test_a_face_that_comes_and_one_that_goes_are_seen_at_once(portrait: np.ndarray) -> None:
    empty = np.full_like(portrait, 90)
    looks, count = found([empty] * 7 + [portrait] * 11 + [empty] * 7, [25])
    assert [len(look.found) for look in looks] == [0] * 7 + [1] * 11 + [0] * 7
    assert count < 14


def test_a_shot_between_two_looks_is_not_missed(portrait: np.ndarray) -> None:
    empty = np.full_like(portrait, 90)
    looks, _ = found([empty] * 4 + [portrait] * 6 + [empty] * 15, [25])
    assert [len(look.found) for look in looks] == [0] * 4 + [1] * 6 + [0] * 15


@pytest.mark.parametrize("sizes", [[1] * 25, [5, 20], [3, 1, 8, 13]])
def test_how_frames_are_dealt_out_changes_nothing(portrait: np.ndarray, sizes: list[int]) -> None:
    frames = [shifted(portrait, k * k // 12) for k in range(25)]
    whole, count = found(frames, [25])
    parts, again = found(frames, sizes)
    assert count == again
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one.found.boxes, other.found.boxes)


def test_two_people_keep_their_places(portrait: np.ndarray) -> None:
    frames = [np.concatenate([shifted(portrait, k), shifted(portrait, -k)], 1) for k in range(6)]
    looks, _ = found(frames, [6])
    lefts = [sorted(look.found.boxes[:, 0].tolist()) for look in looks]
    assert np.diff([a for a, _ in lefts]).mean() > 0.5
    assert np.diff([b for _, b in lefts]).mean() < -0.5


def test_without_a_grid_each_picture_is_known_at_once(portrait: np.ndarray) -> None:
    search = FaceSearch(detector("blazeface"), every=0)
    for k in range(3):
        (look,) = search.push(search.begin([portrait], np.array([k / 100])))
        assert len(look.found) == 1


def test_nothing_at_all() -> None:
    search = FaceSearch(detector("blazeface"))
    assert search.push(search.begin([], np.zeros(0))) == []
    assert search.finish() == []


@pytest.mark.parametrize(("part", "looks"), [(0.8, 3), (1.2, 5)])
def test_how_far_a_face_may_move_between_two_looks(
    portrait: np.ndarray, part: float, looks: int
) -> None:
    box = detector("blazeface").detect(portrait).boxes[0]
    step = part * STILL * float(np.sqrt(np.prod(box[2:] - box[:2]))) / 2
    frames = [shifted(portrait, round(k * step)) for k in range(5)]  # every second of them a cell
    counting = Counting()
    search = FaceSearch(counting, every=EVERY)
    given = search.push(search.begin(frames, np.arange(5) * EVERY / 2)) + search.finish()
    assert len(given) == 5
    assert counting.looks == looks

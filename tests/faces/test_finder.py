from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.faces.detector import detector
from mien.faces.finder import FaceFinder, main_track
from mien.faces.track import is_cut, thumbnail
from mien.media import open_media
from mien.types import FaceChunk
from tests.conftest import shifted


def run(frames: list[np.ndarray], sizes: list[int], step: float = 0.2, **options: int) -> FaceChunk:
    finder = FaceFinder(detector("blazeface"), **options)  # type: ignore[arg-type]
    parts, at = [], 0
    for size in sizes:
        times = np.arange(at, at + size) * step
        parts.append(finder.push(frames[at : at + size], times))
        at += size
    parts.append(finder.finish())
    names = ("ids", "times", "boxes", "points", "scores", "crops")
    chunk = FaceChunk(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))
    return chunk.where(np.lexsort((chunk.ids, chunk.times)))


def test_a_moving_face_is_one_track(portrait: np.ndarray) -> None:
    frames = [shifted(portrait, 6 * k) for k in range(12)]
    found = run(frames, [12])
    assert set(found.ids) == {0}
    assert len(found) == 12
    centres = (found.boxes[:, 0] + found.boxes[:, 2]) / 2
    assert np.diff(centres[1:-1]) == pytest.approx(np.full(9, 6), abs=2.5)


@pytest.mark.parametrize("sizes", [[1] * 12, [5, 7], [3, 1, 8]])
def test_how_frames_are_dealt_out_changes_nothing(portrait: np.ndarray, sizes: list[int]) -> None:
    frames = [shifted(portrait, 5 * k) for k in range(12)]
    whole, parts = run(frames, [12]), run(frames, sizes)
    for name in ("ids", "times", "boxes", "points", "crops"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_a_face_seen_once_among_many_frames_is_no_track(portrait: np.ndarray) -> None:
    empty = np.full_like(portrait, 60)
    frames = [empty] * 4 + [portrait] + [empty] * 7
    assert len(run(frames, [12])) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_a_picture_or_a_very_short_clip_needs_no_more_than_it_has(
    portrait: np.ndarray, count: int
) -> None:
    assert len(run([portrait] * count, [count])) == count


def test_a_cut_ends_every_track(portrait: np.ndarray) -> None:
    other = 255 - portrait[:, ::-1]
    assert is_cut(thumbnail(portrait), thumbnail(other))
    assert not is_cut(thumbnail(portrait), thumbnail(shifted(portrait, 10)))
    bright = np.full_like(portrait, 250)
    found = run([portrait] * 5 + [bright] + [portrait] * 5, [11])
    assert len(set(found.ids)) == 2


def test_two_people_are_two_tracks_and_can_be_limited(portrait: np.ndarray) -> None:
    frames = [np.concatenate([portrait, portrait], 1)] * 5
    assert len(set(run(frames, [5]).ids)) == 2
    assert len(set(run(frames, [5], max_people=1).ids)) == 1


def test_the_main_track_is_the_longest_then_the_largest() -> None:
    ids = np.array([0, 0, 1, 1, 2, 2])
    times = np.array([0.0, 1.0, 0.0, 3.0, 1.0, 4.0])
    boxes = np.array([[0, 0, s, s] for s in (90, 90, 10, 10, 20, 20)], np.float32)
    assert main_track(ids, times, boxes) == 2
    assert main_track(ids[:0], times[:0], boxes[:0]) is None


@pytest.mark.data
def test_one_person_speaking_is_one_main_track(data: Path) -> None:
    found_in = []
    for path in sorted((data / "java_sed" / "video").glob("*.mp4"))[::24]:
        finder, ids, count = FaceFinder(detector("blazeface")), [], 0
        with open_media(path, fps=5) as media:
            for chunk in media.chunks():
                ids += finder.push(chunk.frames, chunk.times).ids.tolist()
                count += len(chunk.frames)
        ids += finder.finish().ids.tolist()
        found_in.append(max(map(ids.count, set(ids))) / count)
    assert np.mean(found_in) > 0.9

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.inference.stillness import FaceMotion, candidates, change
from mien.types import FaceChunk
from tests.media_maker import speaking

FACE = (slice(50, 190), slice(155, 295))  # of the sample's first picture


def crop(picture: NDArray[np.uint8], turn: float = 0, zoom: float = 1, x: float = 0, y: float = 0):  # type: ignore[no-untyped-def]
    """(48,48) grey of the face, moved as a whole by pixels of the crop, degrees and a factor."""
    face = cv2.cvtColor(picture[FACE], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA)
    matrix = cv2.getRotationMatrix2D((24, 24), turn, zoom)
    matrix[:, 2] += x, y
    return cv2.warpAffine(small, matrix, (48, 48), borderMode=cv2.BORDER_REPLICATE)


def sights(
    crops: list[NDArray[np.uint8]],
    start: float = 0.0,
    step: float = 0.25,
    score: float = 0.9,
    side: float = 100,
) -> FaceChunk:
    count = len(crops)
    times = start + step * np.arange(count)
    boxes = np.tile(np.array([0, 0, side, side], np.float32), (count, 1))
    points, ids = np.zeros((count, 4, 2), np.float32), np.zeros(count, np.int64)
    scores = np.full(count, score, np.float32)
    return FaceChunk(ids, times, boxes, points, scores, np.stack(crops))


def filmed(draw: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As from an unsteady hand, with noise and light that changes."""
    turn, zoom, x, y = draw.normal(0, (0.5, 0.007, 0.3, 0.3)) + np.array([0, 1, 0, 0])
    moved = crop(picture, turn, zoom, x, y) * draw.uniform(0.85, 1.15) + draw.normal(0, 2, (48, 48))
    return moved.clip(0, 255).astype(np.uint8)


def motion(crops: list[NDArray[np.uint8]]) -> FaceMotion:
    result = FaceMotion()
    result.add(sights(crops))
    return result


def test_a_photograph_in_an_unsteady_hand_is_still_and_a_speaker_is_not(
    portrait: NDArray[np.uint8],
) -> None:
    draw = np.random.default_rng(4)
    photograph = motion([filmed(draw, portrait) for _ in range(24)])
    speaker = motion([filmed(draw, speaking(portrait, k / 4)) for k in range(24)])
    assert (photograph.still, photograph.alive) == (True, False)
    assert (speaker.still, speaker.alive) == (False, True)


@pytest.mark.parametrize("given", [{"score": 0.6}, {"side": 20}])
def test_what_is_hardly_a_face_is_not_alive(
    portrait: NDArray[np.uint8], given: dict[str, float]
) -> None:
    crops = [crop(speaking(portrait, k / 4)) for k in range(24)]
    vague = FaceMotion()
    vague.add(sights(crops, **given))
    assert not vague.still
    assert not vague.alive
    poster = FaceMotion()
    poster.add(sights([crop(portrait)] * 24, **given))
    assert poster.still


def test_moves_of_the_whole_light_and_contrast_are_no_change() -> None:
    y, x = np.mgrid[0:24, 0:24] / 24
    picture = np.sin(5 * x + 1) * np.cos(4 * y)
    assert change(picture, picture) == pytest.approx(0, abs=1e-9)
    assert change(picture, 0.7 * picture + 0.2) == pytest.approx(0, abs=1e-9)
    moved = np.sin(5 * (x + 0.02) + 1) * np.cos(4 * (y - 0.02))
    assert np.abs(moved - picture).mean() > 0.05
    assert change(picture, moved) < 0.004
    blink = picture + np.exp(-(((x - 0.3) / 0.1) ** 2) - ((y - 0.4) / 0.1) ** 2)
    assert change(picture, blink) > 0.02


@dataclass
class _Face:
    name: str
    motion: FaceMotion


def face(name: str, *changes: float) -> _Face:
    moves = FaceMotion()
    moves._changes = {cell: (value, True) for cell, value in enumerate(changes)}
    return _Face(name, moves)


STILL, ALIVE = face("still", *[0.01] * 9), face("alive", *[0.1] * 9)
EITHER, NEW = face("either", *[0.045] * 9), face("new", 0.01)


@pytest.mark.parametrize(
    ("faces", "left"),
    [
        ([STILL, ALIVE], "alive"),
        ([STILL, ALIVE, EITHER, NEW], "alive either new"),
        ([STILL], "still"),
        ([STILL, EITHER, NEW], "still either new"),
        ([STILL, STILL], "still still"),
        ([ALIVE, ALIVE], "alive alive"),
        ([], ""),
    ],
)
def test_a_still_face_stands_back_only_where_another_one_moves(
    faces: list[_Face], left: str
) -> None:
    assert " ".join(one.name for one in candidates(faces)) == left


def test_any_cut_gives_the_same(portrait: NDArray[np.uint8]) -> None:
    crops = [crop(speaking(portrait, k / 4)) for k in range(40)]
    whole, parts, joined = motion(crops), FaceMotion(), FaceMotion()
    for k in range(0, 40, 3):
        parts.add(sights(crops[k : k + 3], k / 4))
    assert parts._changes == whole._changes
    later = FaceMotion()
    later.add(sights(crops[12:], 3.0))  # with some looks of before its span
    joined.join(whole.between(0.0, 5.0))
    joined.join(later.between(5.0, np.inf))
    assert joined._changes == whole._changes


def test_pictures_may_come_as_fast_and_as_slowly_as_they_like(
    portrait: NDArray[np.uint8],
) -> None:
    for step in (1 / 30, 0.25, 1.0):
        seen = FaceMotion()
        times = np.arange(0, 8, step)
        seen.add(sights([crop(speaking(portrait, t)) for t in times.tolist()], 0.0, step))
        assert seen.alive
        assert not seen.still
    slow = FaceMotion()
    slow.add(sights([crop(portrait)] * 5, 0.0, 4.0))
    assert not slow.still  # too far apart to be compared


def test_what_is_forgotten_is_gone(portrait: NDArray[np.uint8]) -> None:
    seen = motion([crop(portrait)] * 24)
    seen.forget(9)
    assert len(seen._changes) == 3
    assert seen.still
    seen.forget(10)
    assert not seen.still  # not known any more

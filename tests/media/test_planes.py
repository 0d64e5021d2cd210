"""Planes against the whole RGB picture that FFmpeg and OpenCV make of the same frame."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from mien.media.picture import Orientation, lazy_upright, upright
from mien.media.pictures import Picture
from mien.media.planes import Planes

FORMATS = ("yuv420p", "yuvj420p", "yuv422p", "yuv444p")
ROWS, COLUMNS = slice(91, 240), slice(150, 301)


def stored(portrait: np.ndarray, form: str, colorspace: int = 2) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(portrait, "rgb24").reformat(
        format=form, dst_colorspace=None if colorspace == 2 else colorspace
    )
    frame.colorspace = colorspace
    return frame


@pytest.mark.parametrize("form", FORMATS)
def test_small_grey_and_regions_agree_with_the_whole(portrait: np.ndarray, form: str) -> None:
    frame = stored(portrait, form)
    picture, scale = lazy_upright(frame, None, None)
    rgb, _ = upright(frame, None, None)
    assert isinstance(picture, Planes)
    assert (picture.shape, scale) == ((360, 480), 1.0)
    assert np.array_equal(picture.rgb, rgb)
    small = Picture(rgb).small(128, 96).astype(int)
    assert np.abs(picture.small(128, 96) - small).mean() < 2
    grey = cv2.cvtColor(rgb[ROWS, COLUMNS], cv2.COLOR_RGB2GRAY).astype(int)
    assert np.abs(picture.grey(ROWS, COLUMNS) - grey).mean() < 1.5
    assert np.abs(picture.colour(ROWS, COLUMNS).astype(int) - rgb[ROWS, COLUMNS]).max() <= 1
    assert picture.coarse(4).shape == (90, 120)


def test_plain_planes_take_half_the_memory_of_rgb(portrait: np.ndarray) -> None:
    picture, _ = lazy_upright(stored(portrait, "yuv420p"), None, None)
    assert picture.nbytes * 2 == portrait.nbytes


def test_bt709_is_read_as_such(portrait: np.ndarray) -> None:
    picture, _ = lazy_upright(stored(portrait, "yuv420p", 1), None, None)
    assert np.abs(picture.small(480, 360).astype(int) - portrait).mean() < 4


@pytest.mark.parametrize(
    "how",
    [Orientation(1), Orientation(2), Orientation(3), Orientation(0, True), Orientation(1, True)],
)
def test_turned_and_mirrored(portrait: np.ndarray, how: Orientation) -> None:
    frame = stored(portrait, "yuv420p")
    picture, _ = lazy_upright(frame, None, None, how)
    rgb, _ = upright(frame, None, None, how)
    assert picture.shape == rgb.shape[:2]
    rows, columns = slice(60, 200), slice(33, 190)
    assert np.abs(picture.colour(rows, columns).astype(int) - rgb[rows, columns]).max() <= 1
    assert np.abs(picture.small(*rgb.shape[1::-1]).astype(int) - rgb).mean() < 3


@pytest.mark.parametrize(
    ("aspect", "side", "shape"),
    [(None, 240, (180, 240)), (Fraction(4, 3), None, (360, 640)), (Fraction(2), 480, (180, 480))],
)
def test_made_smaller_and_square(
    portrait: np.ndarray, aspect: Fraction | None, side: int | None, shape: tuple[int, int]
) -> None:
    frame = stored(portrait, "yuv420p")
    picture, scale = lazy_upright(frame, aspect, side)
    rgb, same = upright(frame, aspect, side)
    assert picture.shape == rgb.shape[:2] == shape
    assert scale == same
    whole = slice(0, shape[0]), slice(0, shape[1])
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(int)
    assert np.abs(picture.grey(*whole) - grey).mean() < 3


@pytest.mark.parametrize("form", ["rgb24", "gray", "yuv420p10le", "nv12"])
def test_other_formats_are_made_into_rgb_at_once(portrait: np.ndarray, form: str) -> None:
    picture, _ = lazy_upright(stored(portrait, form), None, None)
    assert not isinstance(picture, Planes)
    assert picture.shape == (360, 480)


def test_odd_sizes(portrait: np.ndarray) -> None:
    frame = stored(np.ascontiguousarray(portrait[:359, :479]), "yuv420p")
    picture, _ = lazy_upright(frame, None, None)
    assert picture.colour(slice(350, 359), slice(470, 479)).shape == (9, 9, 3)
    assert picture.small(120, 90).shape == (90, 120, 3)

from __future__ import annotations

import numpy as np
import pytest

from mien.media.pictures import Picture, Pictures, shrunk, view, views


def test_a_sequence_makes_arrays_one_by_one(portrait: np.ndarray) -> None:
    frames = Pictures([Picture(portrait), Picture(portrait[::-1])])
    assert len(frames) == 2
    assert np.array_equal(frames[1], portrait[::-1])
    assert [f.shape for f in frames] == [portrait.shape] * 2
    assert isinstance(frames[:1], Pictures)
    assert views(frames) == frames.views


def test_arrays_and_pictures_are_both_taken(portrait: np.ndarray) -> None:
    picture = Picture(portrait)
    assert view(picture) is picture
    assert [np.array_equal(v.rgb, portrait) for v in views([portrait, picture])] == [True, True]


def test_grey_is_luminance_and_regions_are_copies() -> None:
    """ITU-R BT.601: 0.299 of red."""
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    picture = Picture(red)
    assert (picture.grey(slice(0, 2), slice(0, 4)) == 60).all()
    picture.colour(slice(0, 4), slice(0, 4))[:] = 0
    assert picture.rgb[0, 0, 0] == 200
    assert picture.coarse(2).shape == (2, 2)


@pytest.mark.parametrize("size", [(64, 48), (100, 75), (480, 360), (960, 720), (7, 5)])
def test_shrinking_keeps_the_mean_and_the_size(portrait: np.ndarray, size: tuple[int, int]) -> None:
    small = shrunk(portrait, *size)
    assert small.shape == (size[1], size[0], 3)
    assert small.mean() == pytest.approx(portrait.mean(), abs=6)


def test_shrinking_averages() -> None:
    stripes = np.zeros((256, 256), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(shrunk(stripes, 32, 32).astype(int) - 128).max() <= 1

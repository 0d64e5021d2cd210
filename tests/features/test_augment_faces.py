from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mien.features.augment_faces import corner_crop, flip, rotate, scale, translate

Change = Callable[..., np.ndarray]
CHANGES: list[Change] = [corner_crop, flip, rotate, scale, translate]


def ramp(side: int = 256, colour: bool = False) -> np.ndarray:
    """Grey levels that tell the column, and in the second half of the frames the row."""
    across = np.tile(np.arange(side) * 255 // side, (side, 1)).astype(np.uint8)
    clip = np.stack([across, across, across.T, across.T])
    return np.repeat(clip[..., None], 3, 3) if colour else clip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("each", [False, True])
def test_shapes_seeds_and_the_input(change: Change, colour: bool, each: bool) -> None:
    clip = ramp(64, colour)
    kept = clip.copy()
    found = change(clip, np.random.default_rng(1), each=each)
    assert found.dtype == np.uint8
    assert found.shape[1:3] == ((56, 56) if change is corner_crop else (64, 64))
    assert found.shape[3:] == clip.shape[3:]
    np.testing.assert_array_equal(found, change(clip, np.random.default_rng(1), each=each))
    np.testing.assert_array_equal(clip, kept)
    none = change(clip[:0], np.random.default_rng(1), each=each)
    assert none.shape == (0, *found.shape[1:])


@pytest.mark.parametrize("change", CHANGES)
def test_one_draw_holds_for_the_whole_clip_unless_each_is_asked_for(change: Change) -> None:
    clip = np.repeat(ramp()[:1], 12, 0)
    same = change(clip, np.random.default_rng(2))
    assert (same == same[:1]).all()
    apart = change(clip, np.random.default_rng(2), each=True)
    assert len(np.unique(apart.reshape(12, -1), axis=0)) > 1


def test_corner_crops_are_of_the_paper() -> None:
    """Of 256: width and height from 224, 192, 168, at a corner or the centre, brought to 224."""
    seen, places = set(), set()
    clip, rng = ramp(), np.random.default_rng(0)
    for _ in range(300):
        found = corner_crop(clip, rng).astype(float)
        assert found.shape == (4, 224, 224)
        box = []
        for levels in (found[0, 112], found[2, :, 112]):
            step = (levels[200] - levels[20]) / 180  # pixels of the picture for one of the crop
            extent = round(step * 224 * 256 / 255)
            low = levels[112] * 256 / 255 - 112 * step
            nearest = min((168, 192, 224), key=lambda n: abs(n - extent))
            assert extent == pytest.approx(nearest, abs=3)
            room = 256 - nearest
            place = min((0, 0.5, 1), key=lambda p: abs(p * room - low))
            assert low == pytest.approx(place * room, abs=3)
            box.append((nearest, place))
        seen.add((box[0][0], box[1][0]))
        places.add((box[0][1], box[1][1]))
    assert len(seen) == 9
    assert places == {(0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5)}


def test_the_largest_crop_is_the_pixels_themselves() -> None:
    clip, rng = ramp(), np.random.default_rng(0)
    exact = [clip[:, y : y + 224, x : x + 224] for y, x in ((0, 0), (0, 32), (32, 0), (32, 32))]
    found = [corner_crop(clip, rng) for _ in range(60)]
    assert any((f == e).all() for f in found for e in exact)


def test_a_flip_swaps_left_and_right_only() -> None:
    clip = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    turned = flip(clip, np.random.default_rng(0), 1.0)
    np.testing.assert_array_equal(turned, clip[:, :, ::-1])
    np.testing.assert_array_equal(flip(clip, np.random.default_rng(0), 0.0), clip)
    many = [flip(clip, np.random.default_rng(k)) for k in range(400)]
    share = np.mean([(m == turned).all() for m in many])
    assert share == pytest.approx(0.5, abs=0.08)


def test_a_turn_goes_about_the_centre() -> None:
    clip = np.zeros((1, 65, 65), np.uint8)
    clip[0, 31:34, 31:34] = 200
    clip[0, 32, 52] = 255
    angles = []
    for seed in range(40):
        found = rotate(clip, np.random.default_rng(seed), 30.0)[0]
        assert found[32, 32] == 200
        outside = found.copy()
        outside[28:37, 28:37] = 0
        y, x = np.unravel_index(outside.argmax(), outside.shape)
        assert np.hypot(y - 32, x - 32) == pytest.approx(20, abs=1)
        angles.append(np.rad2deg(np.arctan2(y - 32, x - 32)))
    assert min(angles) < -15
    assert max(angles) > 15
    assert np.abs(angles).max() < 33


def test_a_shift_stays_within_its_part() -> None:
    clip = np.zeros((1, 64, 64), np.uint8)
    clip[0, 30:34, 30:34] = 255
    centres = []
    for seed in range(40):
        found = translate(clip, np.random.default_rng(seed), 0.125)[0].astype(float)
        centres.append([(found.sum(axis) * np.arange(64)).sum() / found.sum() for axis in (0, 1)])
    moved = np.array(centres) - 31.5
    assert np.abs(moved).max() < 8.1
    assert np.abs(moved).max(0).min() > 5


def test_scale_zooms_about_the_centre_in_and_out() -> None:
    clip = np.zeros((1, 65, 65), np.uint8)
    clip[:, 22:43, 22:43] = 255
    areas = [
        float((scale(clip, np.random.default_rng(seed), 0.2) > 127).sum()) for seed in range(30)
    ]
    assert min(areas) < 0.8 * 21**2 < 1.2 * 21**2 < max(areas)
    for seed in range(5):
        rows, columns = np.nonzero(scale(clip, np.random.default_rng(seed), 0.2)[0] > 127)
        assert rows.mean() == pytest.approx(32, abs=0.6)
        assert columns.mean() == pytest.approx(32, abs=0.6)
    np.testing.assert_array_equal(scale(clip, np.random.default_rng(0), 0.0), clip)

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from mien.faces.align import TEMPLATE
from mien.features.windows import GRID
from mien.inference.operating_range import OperatingRange
from mien.inference.range_monitor import FaceRangeMonitor, SoundRangeMonitor, stretches
from mien.types import FaceChunk

RATE = 16_000
RANGES = OperatingRange(
    small=24, dark=40, bright=200, flat=5, blurred=-1, turned=0.6,
    clipped=0.01, narrow=-50, tonal=0.2
)  # fmt: skip


def chunk(
    times: list[float],
    crop: np.ndarray,
    *,
    side: float = 100,
    nose: float = 0.5,
    zoom: float = 1.0,
) -> FaceChunk:
    points = TEMPLATE.copy()
    points[2, 0] = nose
    n = len(times)
    box = np.array([0, 0, side, side], np.float32)
    return FaceChunk(
        np.zeros(n, np.int64),
        np.array(times),
        np.tile(box, (n, 1)),
        np.tile(side * points, (n, 1, 1)).astype(np.float32),
        np.ones(n, np.float32),
        np.tile(crop, (n, 1, 1)),
        np.full(n, zoom, np.float32),
    )


GOOD = np.random.default_rng(0).integers(60, 180, (48, 48)).astype(np.uint8)
SOFT = np.tile(np.linspace(80, 180, 48).astype(np.uint8), (48, 1))


def beyond(seen: FaceChunk) -> set[str]:
    watch = FaceRangeMonitor(RANGES)
    watch.add(seen)
    return {code for code, (share, _) in watch.beyond().items() if share == 1}


@pytest.mark.parametrize(
    ("seen", "codes"),
    [
        (chunk([0.1], GOOD), set()),
        (chunk([0.1], GOOD // 8), {"dark_face"}),
        (chunk([0.1], 255 - GOOD // 8), {"bright_face"}),
        (chunk([0.1], 110 + GOOD // 32), {"flat_face"}),
        (chunk([0.1], SOFT), {"blurred_face"}),
        (chunk([0.1], GOOD, nose=0.8), {"turned_face"}),
        (chunk([0.1], GOOD, side=20), {"small_face"}),
    ],
)
def test_each_limit_has_its_code(seen: FaceChunk, codes: set[str]) -> None:
    assert beyond(seen) == codes


def test_small_is_in_pixels_of_the_picture_that_the_face_was_seen_in() -> None:
    assert beyond(chunk([0.1], GOOD, side=20, zoom=2.0)) == set()
    assert beyond(chunk([0.1], GOOD, side=30, zoom=0.5)) == {"small_face"}


def test_cells_and_shares_do_not_depend_on_the_cut() -> None:
    times = [k / 4 for k in range(40)]
    dark = [GOOD // 8 if 2 <= t < 6 else GOOD for t in times]
    whole, left, right = (
        FaceRangeMonitor(RANGES),
        FaceRangeMonitor(RANGES),
        FaceRangeMonitor(RANGES),
    )
    for time, crop in zip(times, dark, strict=True):
        whole.add(chunk([time], crop))
        (left if time < 5.25 else right).add(chunk([time], crop))
    share, cells = whole.beyond()["dark_face"]
    assert share == 0.4
    assert stretches(cells) == [(2.0, 6.0)]
    joined = whole.between(0, 5)
    joined.join(whole.between(5, 10))
    assert joined.beyond() == whole.beyond()
    whole.forget(8)
    assert whole.beyond()["dark_face"] == (4 * GRID / 6, [8, 9, 10, 11])


def test_without_limits_only_size_counts() -> None:
    watch = FaceRangeMonitor(OperatingRange())
    watch.add(chunk([0.0], GOOD // 8, side=20))
    assert {code for code, (share, _) in watch.beyond().items() if share} == {"small_face"}
    assert FaceRangeMonitor(OperatingRange()).beyond() == {}


def sound(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("size", [1000, 8000, 12345, 96_000])
def test_sound_in_any_pieces_gives_the_same(size: int) -> None:
    most = np.where(np.arange(6 * RATE) < 3 * RATE, 0.1, 1)
    given = np.clip(sound(6), -most, most).astype(np.float32)
    watch = SoundRangeMonitor(RANGES)
    for k in range(0, len(given), size):
        watch.push(given[k : k + size], k / RATE)
    watch.spoken([1.0, 3.0], 2.0)
    found = watch.beyond()
    assert found["clipped_sound"] == (0.5, [2, 3, 4, 5])
    assert found["narrow_sound"] == (0.0, [])
    watch.forget(4)
    assert watch.beyond()["clipped_sound"][1] == [4, 5]


def test_gaps_and_silence_are_no_cells() -> None:
    watch = SoundRangeMonitor(RANGES)
    watch.push(sound(1), 0.0)
    watch.push(sound(1), 5.25)
    watch.push(np.zeros(RATE, np.float32), 6.25)
    watch.push(sound(0.5), 6.25)  # heard already
    watch.spoken([0.0], 10.0)
    clip = SoundRangeMonitor(msgspec.structs.replace(RANGES, clipped=0.0))
    clip.push(sound(1), 0.0)
    clip.push(sound(1), 5.25)
    clip.push(np.zeros(RATE, np.float32), 6.25)
    clip.push(sound(0.5), 6.25)
    clip.spoken([0.0], 10.0)
    assert clip.beyond()["clipped_sound"] == (1.0, [0, 1, 10, 11, 12])
    assert watch.beyond()["clipped_sound"] == (0.0, [])


def test_tones_count_only_without_speech() -> None:
    at = np.arange(4 * RATE) / RATE
    chord = sum(0.1 * np.sin(2 * np.pi * f * at) for f in (220, 277, 330)).astype(np.float32)
    watch = SoundRangeMonitor(RANGES)
    watch.push(chord, 0.0)
    assert watch.tonal
    quiet = SoundRangeMonitor(RANGES)
    quiet.push(sound(4), 0.0)
    assert not quiet.tonal
    assert not SoundRangeMonitor(OperatingRange()).tonal
    assert quiet.beyond() == {}

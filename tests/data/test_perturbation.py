from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import mien
from mien.data.perturbation import (
    ALTERATIONS,
    add_noise,
    alteration,
    change_pitch,
    change_speed,
    low_light,
)
from mien.errors import UsageError
from mien.media import open_media, read_sound
from mien.types import MediaChunk
from tests.conftest import tone


@pytest.fixture(scope="module")
def chunk() -> MediaChunk:
    with open_media(str(mien.sample()), fps=4.0, max_side=640) as media:
        return next(iter(media.chunks()))


def pitch(sound: NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(spectrum.argmax() * 16_000 / len(sound))


def sine(seconds: float = 2.0) -> MediaChunk:
    return MediaChunk((), np.zeros(0), tone(seconds)[0], 0.0, 16_000)


@pytest.mark.parametrize("name", list(ALTERATIONS))
def test_each_keeps_the_contract_and_its_input_and_repeats(name: str, chunk: MediaChunk) -> None:
    before = [f.copy() for f in chunk.frames], chunk.sound.copy(), chunk.times.copy()
    given, again = alteration(name)(chunk), alteration(name)(chunk)
    assert all(np.array_equal(a, b) for a, b in zip(chunk.frames, before[0], strict=True))
    assert np.array_equal(chunk.sound, before[1])
    assert np.array_equal(chunk.times, before[2])
    assert [f.shape for f in given.frames] == [f.shape for f in chunk.frames]
    assert {f.dtype for f in given.frames} == {np.dtype(np.uint8)}
    assert given.sound.dtype == np.float32
    assert np.abs(given.sound).max() <= 1
    assert np.isfinite(given.sound).all()
    assert np.array_equal(given.sound, again.sound)
    assert all(np.array_equal(a, b) for a, b in zip(given.frames, again.frames, strict=True))
    changed = not np.array_equal(given.sound, chunk.sound) or any(
        not np.array_equal(a, b) for a, b in zip(given.frames, chunk.frames, strict=True)
    )
    assert changed


@pytest.mark.parametrize("name", list(ALTERATIONS))
def test_nothing_stays_nothing(name: str) -> None:
    empty = MediaChunk((), np.zeros(0), np.zeros(0, np.float32), 3.0, 16_000)
    given = alteration(name)(empty)
    assert (len(given.frames), len(given.sound)) == (0, 0)


@pytest.mark.parametrize("decibels", [20, 10])
def test_noise_has_the_power_it_says(decibels: float) -> None:
    given = sine(4.0)
    noise = add_noise(given, decibels).sound - given.sound
    measured = 10 * np.log10(np.mean(given.sound**2) / np.mean(noise**2))
    assert measured == pytest.approx(decibels, abs=0.1)
    silent = replace(given, sound=np.zeros_like(given.sound))
    assert not add_noise(silent, decibels).sound.any()


@pytest.mark.parametrize("semitones", [2, -2])
def test_pitch_moves_and_speed_stays(semitones: float) -> None:
    given = change_pitch(sine(), semitones)
    assert len(given.sound) == 2 * 16_000
    assert pitch(given.sound) == pytest.approx(440 * 2 ** (semitones / 12), abs=1)
    middle = given.sound[4000:-4000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.4 / np.sqrt(2), rel=0.1)


def centre(sound: NDArray[np.float32]) -> float:
    """Mean frequency of the power in Hz."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.fft.rfftfreq(len(sound), 1 / 16_000)).sum() / power.sum())


@pytest.mark.parametrize(
    ("name", "higher"),
    [("higher pitch", 2 ** (1 / 6)), ("lower pitch", 2 ** (-1 / 6)), ("faster", 1.1)],
)
def test_a_real_voice_is_as_loud_and_as_bright_as_before(name: str, higher: float) -> None:
    sound = read_sound(mien.sample())
    given = alteration(name)(MediaChunk((), np.zeros(0), sound, 0.0, 16_000)).sound
    assert np.sqrt(np.mean(given**2) / np.mean(sound**2)) == pytest.approx(1, abs=0.03)
    assert centre(given) == pytest.approx(higher * centre(sound), rel=0.04)


def test_what_lies_too_high_to_be_played_faster_is_left_out() -> None:
    at = np.arange(16_000) / 16_000
    high = MediaChunk((), np.zeros(0), np.sin(2 * np.pi * 7800 * at).astype(np.float32), 0, 16_000)
    assert np.abs(change_speed(high, 1.1).sound[1000:-1000]).max() < 0.01  # not folded to 7420 Hz


def test_speed_moves_times_and_pitch_and_chunks_join() -> None:
    whole = sine(3.0)
    cut = 16_001
    parts = [
        replace(whole, sound=whole.sound[:cut]),
        replace(whole, sound=whole.sound[cut:], sound_start=cut / 16_000),
    ]
    one = change_speed(whole, 1.1)
    first, second = (change_speed(part, 1.1) for part in parts)
    assert len(one.sound) == np.ceil(3 * 16_000 / 1.1)
    assert pitch(one.sound) == pytest.approx(484, abs=1)
    assert round(second.sound_start * 16_000) == len(first.sound)
    assert np.concatenate([first.sound, second.sound]) == pytest.approx(one.sound, abs=0.1)
    pictured = MediaChunk((np.zeros((2, 2, 3), np.uint8),), np.array([1.1]), whole.sound, 0, 16_000)
    assert change_speed(pictured, 1.1).times == pytest.approx([1.0])


def test_low_light_leaves_that_part_of_the_light() -> None:
    white = np.full((64, 64, 3), 255, np.uint8)
    dark = low_light(MediaChunk((white,), np.zeros(1), np.zeros(0, np.float32), 0, 16_000), 0.08)
    assert (dark.frames[0].mean() / 255) ** 2.2 == pytest.approx(0.08, abs=0.002)


def test_each_says_which_stream_it_touches(chunk: MediaChunk) -> None:
    for one in ALTERATIONS.values():
        given = one(chunk)
        seen = [not np.array_equal(a, b) for a, b in zip(given.frames, chunk.frames, strict=True)]
        seen.append(not np.array_equal(given.times, chunk.times))
        assert any(seen) == ("picture" in one.touches)
        assert (not np.array_equal(given.sound, chunk.sound)) == ("sound" in one.touches)


def test_an_unknown_name() -> None:
    with pytest.raises(UsageError, match="unknown alteration 'fog'; there are muted, faceless"):
        alteration("fog")
    with pytest.raises(UsageError, match="did you mean 'noise 10 dB'"):
        alteration("noise 10db")

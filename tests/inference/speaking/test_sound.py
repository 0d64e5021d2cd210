from __future__ import annotations

import numpy as np
import pytest

from mien.inference.speaking.sound import BANDS, STEP, SpokenSound

RATE = 16_000


def tones(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    draw = np.random.default_rng(0)
    time = np.arange(round(seconds * RATE)) / RATE
    loud = 0.3 * (np.sin(2 * np.pi * 3 * time) > 0)
    return np.asarray(
        loud * np.sin(2 * np.pi * 400 * time) + 0.01 * draw.normal(size=len(time)), "f4"
    )


def test_pieces_of_any_size_give_the_rows_of_the_whole() -> None:
    sound, whole, pieces = tones(3.0), SpokenSound(), SpokenSound()
    whole.push(sound, 0.0)
    for begin in range(0, len(sound), 777):
        pieces.push(sound[begin : begin + 777], begin / RATE)
    assert whole.rows.shape == (len(whole.times), BANDS)
    assert np.diff(whole.times) == pytest.approx(STEP)
    assert whole.times[-1] == pytest.approx(3.0, abs=0.04)
    np.testing.assert_array_equal(pieces.rows, whole.rows)


def test_a_gap_is_silence_and_what_comes_twice_counts_once() -> None:
    late, padded = SpokenSound(), SpokenSound()
    late.push(tones(1.0), 12.0)
    late.push(tones(1.0)[-800:], 12.95)
    padded.push(np.concatenate([np.zeros(12 * RATE, np.float32), tones(1.0)]), 0.0)
    np.testing.assert_array_equal(late.rows, padded.rows)


def test_a_moment_is_what_is_heard_around_it_less_the_level() -> None:
    sound = SpokenSound()
    sound.push(tones(3.0), 0.0)
    moments = sound.moments(np.array([0.0, 1.0125, 9.0]), level=-2.0)
    assert moments.shape == (3, BANDS, 21)
    rows = (sound.rows.astype(np.float32) + 2) / 4
    np.testing.assert_allclose(moments[1], rows[40:61].T)
    np.testing.assert_allclose(moments[2], np.repeat(rows[-1:].T, 21, 1))


def test_what_is_forgotten_changes_nothing_later() -> None:
    draw = np.random.default_rng(0).normal(0, 0.1, 5 * 16_000).astype(np.float32)
    whole, short = SpokenSound(), SpokenSound()
    for sound in (whole, short):
        sound.push(draw[:32_000], 0.0)
    short.forget(1.5)
    for sound in (whole, short):
        sound.push(draw[32_000:], 2.0)
    short.forget(1.0)  # is gone already
    times = np.array([1.9, 3.0, 4.5])
    assert (whole.moments(times, -3.0) == short.moments(times, -3.0)).all()
    assert len(short.rows) == len(short.times) == len(whole.rows) - 74
    assert short.times[-1] == whole.times[-1]

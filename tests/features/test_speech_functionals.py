"""Functionals of speech: what moves them and what does not."""

from __future__ import annotations

import numpy as np
import pytest

import mien
from mien.features.log_mel import RATE, log_power
from mien.features.speech_functionals import SIZE, functionals, speech_functionals, tones
from mien.media import read_sound


@pytest.fixture(scope="module")
def spoken() -> np.ndarray:
    return read_sound(mien.sample())[RATE : 4 * RATE]


def buzz(hertz: float, seconds: float = 1.0) -> np.ndarray:
    """A voice-like tone with falling harmonics."""
    at = np.arange(int(RATE * seconds)) / RATE
    parts = [np.sin(2 * np.pi * k * hertz * at) / k for k in range(1, 12)]
    return (0.1 * np.sum(parts, 0)).astype(np.float32)


@pytest.mark.parametrize("hertz", [80.0, 125.0, 210.0, 400.0])
def test_the_lag_with_the_strongest_tone_is_the_pitch(hertz: float) -> None:
    pitches = np.geomspace(60, 500, 64)
    found = pitches[tones(buzz(hertz)).argmax(1)[5:-5]]
    np.testing.assert_allclose(np.log2(found / hertz), 0, atol=1 / 12)


def test_tones_and_mels_have_the_same_frames(spoken: np.ndarray) -> None:
    for count in (1200, 4000, 16_001):
        assert tones(spoken[:count]).shape == log_power(spoken[:count]).shape
    assert np.abs(tones(spoken)).max() <= 1 + 1e-5


def test_the_level_changes_nothing(spoken: np.ndarray) -> None:
    np.testing.assert_allclose(
        speech_functionals(spoken), speech_functionals(spoken * np.float32(0.02)), atol=2e-2
    )


def test_silence_around_the_speech_changes_nothing() -> None:
    logs, waves = log_power(buzz(150)), tones(buzz(150))
    quiet = np.full((40, 64), logs.max() - 20, np.float32)
    nothing = np.zeros((40, 64), np.float32)
    alone = functionals(logs, waves)
    around = np.concatenate([quiet, logs, quiet])
    among = functionals(around, np.concatenate([nothing, waves, nothing]))
    np.testing.assert_allclose(alone[-150:], among[-150:], atol=1e-3)


def test_a_higher_voice_has_a_higher_pitch_by_semitones() -> None:
    low, high = speech_functionals(buzz(120)), speech_functionals(buzz(240))
    moved = high - low
    octaves = np.flatnonzero(np.abs(moved - 12) < 0.8)
    assert len(octaves) >= 4  # the mean and the quantiles of the pitch


@pytest.mark.parametrize("count", [1200, 4000, 48_000])
def test_silence_and_short_sounds_are_finite(count: int) -> None:
    for sound in (np.zeros(count, np.float32), buzz(200, count / RATE)):
        found = speech_functionals(sound)
        assert found.shape == (SIZE,)
        assert found.dtype == np.float32
        assert np.isfinite(found).all()

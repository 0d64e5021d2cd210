"""Alterations of sound: as long as before, and as loud, narrow or coded as they say."""

from __future__ import annotations

import numpy as np
import pytest

from mien.features.log_mel import RATE, log_power
from project.bundle.voice_augment import (
    CODECS,
    add,
    alter,
    coarse_noise,
    encoded,
    faster,
    music,
    reverberated,
    telephone,
)


def draw() -> np.random.Generator:
    return np.random.default_rng(0)


def swept(seconds: float = 1.0) -> np.ndarray:
    """A tone that rises from 200 Hz to 6 kHz."""
    at = np.arange(int(RATE * seconds)) / RATE
    return (0.1 * np.sin(2 * np.pi * (200 * at + 2900 * at**2 / seconds))).astype(np.float32)


def test_a_telephone_passes_300_to_3400_hertz() -> None:
    sound = swept()
    power = np.abs(np.fft.rfft(telephone(sound))) ** 2
    before = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    inside, above = (hertz > 500) & (hertz < 3000), hertz > 3700
    assert power[inside].sum() == pytest.approx(before[inside].sum(), rel=0.1)
    assert power[above].sum() < 1e-3 * before[above].sum()


@pytest.mark.parametrize("decibels", [0.0, 10.0, 30.0])
def test_what_is_added_is_as_loud_as_asked(decibels: float) -> None:
    sound, noise = swept(), coarse_noise(RATE, draw(), 0.0)
    rest = add(sound, noise, decibels) - sound
    ratio = 10 * np.log10(np.mean(sound**2) / np.mean(rest**2))
    assert ratio == pytest.approx(decibels, abs=0.3)


def test_pink_noise_falls_by_three_decibels_an_octave() -> None:
    power = np.abs(np.fft.rfft(coarse_noise(4 * RATE, draw(), 1.0))) ** 2
    hertz = np.fft.rfftfreq(4 * RATE, 1 / RATE)
    bands = [power[(hertz >= f) & (hertz < 2 * f)].mean() for f in (500, 1000, 2000)]
    steps = 10 * np.log10(np.array(bands[1:]) / bands[:-1])
    np.testing.assert_allclose(steps, -3, atol=0.7)


@pytest.mark.parametrize(("container", "codec", "rates"), CODECS)
def test_a_codec_gives_back_nearly_what_it_got(
    container: str, codec: str, rates: tuple[int, ...]
) -> None:
    sound = swept()
    back = encoded(sound, container, codec, rates[-1])
    assert back.shape == sound.shape
    assert 10 * np.log10(np.mean(back**2) / np.mean(sound**2)) == pytest.approx(0, abs=3)
    bands = log_power(back).mean(0), log_power(sound).mean(0)  # over time: some encoders delay
    assert np.corrcoef(*bands)[0, 1] > 0.7
    assert not np.array_equal(back, sound)


def test_a_room_keeps_the_direct_sound_and_adds_a_tail() -> None:
    click = np.zeros(RATE, np.float32)
    click[100] = 1
    wet = reverberated(click, draw(), 0.5)
    assert wet[100] == pytest.approx(1)
    assert np.abs(wet[:100]).max() < 1e-6
    early, late = np.mean(wet[200:1800] ** 2), np.mean(wet[6000:7600] ** 2)
    assert 10 * np.log10(early / late) == pytest.approx(60 * (5800 / RATE) / 0.5, abs=8)


def test_music_is_finite_of_unit_power_and_has_pitches() -> None:
    piece = music(3 * RATE, draw())
    assert piece.shape == (3 * RATE,)
    assert np.isfinite(piece).all()
    assert 0.2 < piece.std() < 3
    power = np.abs(np.fft.rfft(piece)) ** 2
    flatness = np.exp(np.log(power + 1e-9).mean()) / power.mean()
    assert flatness < 0.1  # 0.56 for noise


def test_faster_is_shorter_and_altered_copies_differ() -> None:
    sound = swept()
    assert len(faster(sound, 1.25)) == pytest.approx(len(sound) / 1.25, abs=2)
    first, second = alter(sound, draw(), 1), alter(sound, draw(), 1)
    np.testing.assert_array_equal(first, second)
    copies = [alter(sound, np.random.default_rng(k), 1) for k in range(5)]
    assert all(np.isfinite(c).all() for c in copies)
    assert len({len(c) for c in copies}) == 5

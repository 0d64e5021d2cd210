from __future__ import annotations

import numpy as np
import pytest

from mien.features.log_mel import RATE
from mien.features.sound_quality import clipped, tones, treble

CELL = RATE // 2


def tone(hertz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(CELL) / RATE).astype(np.float32)


def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, CELL).astype(np.float32)


def test_flat_tops_are_clipped() -> None:
    sound = noise()
    most = 0.1  # one sigma: 31.7 % of the samples lie beyond
    assert clipped(sound) < 0.001
    assert clipped(np.clip(sound, -most, most)) == pytest.approx(0.33, abs=0.02)


def test_treble_of_two_tones_is_their_ratio() -> None:
    assert treble(tone(1000) + 0.1 * tone(6000)) == pytest.approx(-20, abs=0.1)
    assert treble(tone(1000)) < -90


def test_chords_are_steady_tones_and_noise_and_glides_are_not() -> None:
    steady, power = tones(tone(220) + tone(277) + tone(330) + 0.1 * noise())
    assert steady / power > 0.9
    steady, power = tones(noise())
    assert steady / power < 0.02
    at = np.arange(CELL) / RATE
    glide = np.sin(2 * np.pi * (300 * at + 400 * at**2)).astype(np.float32)
    steady, power = tones(glide)
    assert steady / power < 0.02


def test_silence_has_no_tones() -> None:
    steady, power = tones(np.zeros(CELL, np.float32))
    assert steady == 0
    assert power > 0

"""Limits of sound: what counts as speech, which warnings damage calls forth, and what is music."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mien
from mien.errors import UsageError
from mien.inference.bundle import load
from mien.media import RATE, read_sound
from project.bundle import range_sounds
from project.bundle.range_sounds import _WORSE, TAIL, _share, _spoken, sound_limits
from tests.conftest import tone

KIND = "whisper_mel"
CELL = RATE // 2


def test_only_cells_with_speech_count() -> None:
    speech = read_sound(mien.sample())[: 4 * RATE]
    silence = np.zeros(6 * RATE, np.float32)
    alone, both = _spoken(speech, KIND), _spoken(np.r_[speech, silence], KIND)
    assert 0 < len(alone) <= 8
    assert all(len(cell) == CELL and np.abs(cell).max() > 0 for cell in alone)
    assert len(both) == len(alone)
    assert _spoken(silence, KIND) == []
    assert _spoken(tone(4)[0], KIND) == []


def test_recordings_with_a_warning_are_counted() -> None:
    # A sine is within 2 % of its top for 13 % of the time, and cut to half of it for 67 %.
    (sine,) = tone(2)
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    given = [np.split(sound, 4) for sound in (sine, noise, noise, noise)]
    limits = {"clipped": 0.3, "narrow": -20.0}
    assert _share(given, _WORSE["plain"], limits) == (0.0, 0.25)
    assert _share(given, _WORSE["clipped by 6 dB"], limits) == (0.25, 0.25)
    assert _share(given, _WORSE["telephone"], limits) == (0.0, 1.0)


def test_limits_of_the_corpora(made_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(range_sounds, "_PIECES", 6)  # of music and noise, 8 s each
    monkeypatch.setattr(range_sounds, "_OF_EACH", 3)
    limits, told = sound_limits(load(), made_data)
    assert told["recordings"] == 9
    shares, told_tones = told["warned (clipped, narrow)"], told["steady tones"]
    assert isinstance(shares, dict)
    assert isinstance(told_tones, dict)
    assert set(shares) == set(_WORSE)
    assert shares["plain"] <= (0.0, 0.12)  # one of nine
    assert shares["telephone"][1] == 1.0
    assert shares["clipped by 12 dB"][0] == 1.0
    assert 0 < limits["clipped"] < 0.05
    assert told_tones["AUROC"] > 0.95
    assert told_tones["music called tones"] - told_tones["noise called tones"] > 0.9
    assert 0 < limits["tonal"] < 1
    assert 0 < TAIL < 1


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ravdess: no files like .*is this the corpus folder"):
        sound_limits(load(), tmp_path)

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import mien
from mien.features.whisper_mel import BANDS, RATE, whisper_mel
from mien.media import read_sound


def triangle(band: int, hertz: float) -> float:
    """The weight of a frequency in a band, from the definition of Slaney's Auditory Toolbox."""

    def edge(number: int) -> float:
        """66.67 Hz a mel up to 1,000 Hz, then 27 steps to 6,400 Hz."""
        top = 15 + 27 * math.log(8000 / 1000) / math.log(6.4)
        mel = number * top / (BANDS + 1)
        return mel * 1000 / 15 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    left, centre, right = (edge(band + k) for k in range(3))
    if not left < hertz < right:
        return 0
    height = 2 / (right - left)
    if hertz < centre:
        return height * (hertz - left) / (centre - left)
    return height * (right - hertz) / (right - centre)


def by_torch(sound: np.ndarray) -> np.ndarray:
    """As `whisper/audio.py` has it, with torch's transform, in double precision."""
    window = torch.hann_window(400, dtype=torch.float64)
    spectrum = torch.stft(
        torch.from_numpy(sound).double(), 400, 160, window=window, return_complex=True
    )
    filters = torch.tensor([[triangle(b, k * 40) for k in range(201)] for b in range(BANDS)])
    mel = filters.double() @ spectrum[:, :-1].abs() ** 2
    logs = mel.clamp(min=1e-10).log10()
    return ((torch.maximum(logs, logs.max() - 8) + 4) / 4).numpy()


@pytest.mark.parametrize("length", [64_000, 16_123, 480])
def test_it_is_what_whisper_computes(length: int) -> None:
    sound = read_sound(mien.sample())[RATE : RATE + length]
    mel = whisper_mel(sound)
    assert mel.shape == (BANDS, length // 160)
    assert mel.dtype == np.float32
    assert mel.flags.c_contiguous
    np.testing.assert_allclose(mel, by_torch(sound), atol=1e-4)


def test_the_filters_are_the_published_ones() -> None:
    """Numbers of `librosa.filters.mel(sr=16000, n_fft=400, n_mels=80)`, Whisper's mel_filters."""
    assert triangle(0, 40) == pytest.approx(0.02486259, abs=1e-6)
    assert triangle(1, 40) == pytest.approx(0.00199082, abs=1e-6)


def test_silence_is_finite_and_level() -> None:
    mel = whisper_mel(np.zeros(RATE, np.float32))
    np.testing.assert_allclose(mel, -1.5, rtol=1e-6)


def test_a_louder_recording_is_higher_by_the_same_everywhere() -> None:
    sound = read_sound(mien.sample())[RATE : 2 * RATE]
    difference = whisper_mel(sound * 0.1) - whisper_mel(sound)
    np.testing.assert_allclose(difference, -0.5, atol=1e-4)  # 20 dB, 2 in log10 of power


def test_the_sound_is_left_as_it_was() -> None:
    sound = np.random.default_rng(0).normal(size=RATE).astype(np.float32)
    before = sound.copy()
    whisper_mel(sound)
    assert (sound == before).all()

"""Log-mel spectrogram of one window of sound, independent of its level.

25 ms Hann frames every 10 ms, 64 triangular mel bands from 60 to 7,600 Hz (HTK mel scale), floored
60 dB below the loudest cell of the window and normalised to zero mean and unit deviation over the
window, so that neither the recording level nor near-silent stretches move the features.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.features.product import product

__all__ = ["BANDS", "HOP", "RATE", "log_mel", "log_power"]

RATE = 16_000
"""Samples a second."""
BANDS = 64
HOP = 160
"""Samples between two frames (10 ms)."""
_LENGTH = 400
_FFT = 512
_LOW, _HIGH = 60.0, 7600.0
_FLOOR = np.log(10 ** (-60 / 10))  # 60 dB below the maximum, in natural-log power

Floats = NDArray[np.float32]


def log_mel(sound: Floats) -> Floats:
    """Sound (N,) float32 at 16 kHz, N >= 400 -> (T,64), T = 1 + (N - 400) // 160."""
    logs = log_power(sound)
    logs = np.maximum(logs, logs.max() + _FLOOR)
    return np.asarray((logs - logs.mean()) / (logs.std() + 1e-3), np.float32)


def log_power(sound: Floats) -> Floats:
    """The same without floor and normalisation: natural log of the power in each band."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, _LENGTH)[::HOP]
    window = np.hanning(_LENGTH + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames * window, _FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    mels = product(power, _filters())
    return np.asarray(np.log(mels + np.float32(1e-12)), np.float32)


@lru_cache(maxsize=1)
def _filters() -> Floats:
    """(257,64) triangular filters, equally spaced on the HTK mel scale."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (_LOW, _HIGH))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_FFT, 1 / RATE)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)

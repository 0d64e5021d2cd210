"""Log-mel spectrogram as Whisper hears it (Radford et al. 2022, section 2.2; its `audio.py`).

Centred 25 ms Hann frames every 10 ms, 80 triangular mel bands up to 8,000 Hz (Slaney's scale, each
of equal area), log10 of the power, floored 80 dB below the loudest cell, then (x + 4) / 4.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.features.product import product

__all__ = ["BANDS", "HOP", "RATE", "whisper_mel"]

RATE = 16_000
"""Samples a second."""
BANDS = 80
HOP = 160
"""Samples between two frames (10 ms)."""
_LENGTH = 400
_LEAST = np.float32(1e-10)  # power
_RANGE = np.float32(8)  # log10 units below the loudest cell
_LINEAR = 200 / 3  # Hz a mel, up to the knee
_KNEE = 1000.0  # Hz; above it a mel is the same ratio
_RATIO = np.log(6.4) / 27

Floats = NDArray[np.float32]


def whisper_mel(sound: Floats) -> Floats:
    """Sound (N,) float32 at 16 kHz, N > 200 -> (80,T), T = N // 160, frame t centred on t x 10 ms.

    The sound is continued by its mirror image at both ends, and is not padded to Whisper's 30 s:
    the floor hangs on the loudest cell of what is given.
    """
    sides = np.pad(sound, _LENGTH // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(sides, _LENGTH)[::HOP][:-1]
    spectrum = np.fft.rfft(frames * _window(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    logs = np.log10(np.maximum(product(power, _filters()), _LEAST)).T
    logs = np.maximum(logs, logs.max() - _RANGE)
    return np.ascontiguousarray((logs + 4) / 4, np.float32)


@lru_cache(maxsize=1)
def _window() -> Floats:
    """(400,) periodic Hann window."""
    return np.hanning(_LENGTH + 1)[:-1].astype(np.float32)


@lru_cache(maxsize=1)
def _filters() -> Floats:
    """(201,80) triangles, equally spaced on Slaney's mel scale, each of area one in Hz."""
    edges = _hertz(np.linspace(0, _mel(RATE / 2), BANDS + 2))
    bins = np.fft.rfftfreq(_LENGTH, 1 / RATE)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * 2 / (right - left)).astype(np.float32)


def _mel(hertz: float) -> float:
    """A frequency above the knee in Slaney's mels."""
    return float(_KNEE / _LINEAR + np.log(hertz / _KNEE) / _RATIO)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _KNEE / _LINEAR
    return np.where(mels < knee, mels * _LINEAR, _KNEE * np.exp(_RATIO * (mels - knee)))

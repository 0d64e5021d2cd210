"""How good a piece of sound is: clipped, cut off above the telephone band, made of steady tones."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.features.log_mel import RATE

__all__ = ["clipped", "tones", "treble"]

_TOP = 0.98  # of the peak
_LOW, _HIGH = (300, 3400), (4300, 7500)  # Hz: the telephone band (ITU-T G.712), and above it
_LENGTH, _HOP = 2048, 1024  # samples: frames of 128 ms every 64 ms
_BINS = slice(4, 640)  # 31 Hz to 5 kHz
_AROUND = 15  # bins on each side that a tone has to stand out from
_STANDS_OUT = 10.0  # times the power around it
_LASTS = 4  # frames
_LEAST = 1e-12

Floats = NDArray[np.float32]


def clipped(sound: Floats) -> float:
    """Part of the samples (N,) within 2 % of the loudest one; flat tops make it large."""
    level = np.abs(sound)
    return float(np.count_nonzero(level >= _TOP * level.max()) / len(level))


def treble(sound: Floats) -> float:
    """Power at 4.3-7.5 kHz over that at 0.3-3.4 kHz, of (N,) samples at 16 kHz, in dB."""
    power = np.abs(np.fft.rfft(sound * _hann(len(sound)))) ** 2
    low, high = (float(power[slice(*_places(len(sound), band))].sum()) for band in (_LOW, _HIGH))
    return float(10 * np.log10((high + _LEAST) / (low + _LEAST)))


def tones(sound: Floats) -> tuple[float, float]:
    """Power in steady tones, and in all, of (N,) samples at 16 kHz, N >= 5,120.

    A tone is a peak of the spectrum that stands out from what is around it and stays at its
    frequency (within 8 Hz) for a fifth of a second. Music and hum have them; the pitch of a
    voice moves.
    """
    frames = np.lib.stride_tricks.sliding_window_view(sound, _LENGTH)[::_HOP]
    power = np.abs(np.fft.rfft(frames * _hann(_LENGTH), axis=1))[:, _BINS] ** 2 + _LEAST
    left, right = np.roll(power, 1, 1), np.roll(power, -1, 1)
    peaks = (power >= left) & (power >= right) & (power > _STANDS_OUT * _around(power))
    near = peaks | np.roll(peaks, 1, 1) | np.roll(peaks, -1, 1)
    steady = peaks[_LASTS - 1 :].copy()
    for back in range(1, _LASTS):
        steady &= near[_LASTS - 1 - back : len(peaks) - back]
    whole = (power + left + right)[_LASTS - 1 :]
    return float(whole[steady].sum()), float(power[_LASTS - 1 :].sum())


def _around(power: NDArray[np.floating]) -> NDArray[np.floating]:
    """Geometric mean over the bins around each; one loud tone among them hardly moves it."""
    logs = np.pad(np.log(power), ((0, 0), (_AROUND + 1, _AROUND)), mode="edge")
    sums = logs.cumsum(1, dtype=np.float64)
    width = 2 * _AROUND + 1
    return np.asarray(np.exp((sums[:, width:] - sums[:, :-width]) / width))


@lru_cache(maxsize=4)
def _hann(length: int) -> Floats:
    return np.hanning(length).astype(np.float32)


def _places(length: int, band: tuple[int, int]) -> tuple[int, int]:
    low, high = (round(hertz * length / RATE) for hertz in band)
    return low, high

"""Numbers that describe a window of speech as a whole, whatever its level: (SIZE,) float32.

Frames every 10 ms have a log-mel spectrum (`mien.features.log_mel`) and, for the pitch, the
autocorrelation of 40 ms at 64 lags from 500 to 60 Hz (Boersma 1993, of cube-rooted spectra:
Tolonen & Karjalainen 2000). Of their courses over time come means, spreads, quantiles, changes
and modulations, in the manner of the INTERSPEECH 2010 set (Schuller et al. 2010). Only frames
within 25 dB of the loudest count, so that pauses and what surrounds the speech do not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.features.log_mel import BANDS, HOP, RATE, log_power
from mien.features.product import product

__all__ = ["SIZE", "functionals", "speech_functionals", "tones"]

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_FRAME, _FFT = 640, 1024  # samples of 40 ms
_BINS = 128  # up to 2 kHz
_PITCHES = np.geomspace(60, 500, 64)  # Hz
_SEMITONES = 12 * np.log2(500 / 60) / 63  # from one lag to the next
_FLOOR = np.log(10 ** (-60 / 10))  # below the loudest cell, as in log_mel
_LOUD = np.log(10 ** (-25 / 10))  # below the loudest frame
_CEPSTRA = 20
_PARTS = 4
_SHORTEST = 6  # frames


def speech_functionals(sound: Floats) -> Floats:
    """Sound (N,) float32 at 16 kHz, N >= 1,200 -> (SIZE,)."""
    return functionals(log_power(sound), tones(sound))


def tones(sound: Floats) -> Floats:
    """Sound (N,) -> autocorrelation (T,64) in [-1, 1] of frames centred on those of `log_power`."""
    count = 1 + (len(sound) - 400) // HOP
    around = (_FRAME - 400) // 2
    padded = np.pad(sound, (around, _FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::HOP][:count]
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    filled = np.zeros((count, _FFT), np.float32)
    np.multiply(frames, window, out=filled[:, :_FRAME])
    # OpenCV's transform takes half the time of numpy's here; real, imaginary, real, ... from 1 on.
    spectrum = cv2.dft(filled, flags=cv2.DFT_ROWS)[:, 1 : 2 * _BINS + 1]
    power = np.cbrt(spectrum[:, ::2] ** 2 + spectrum[:, 1::2] ** 2)
    waves = product(power, _cosines())
    return np.asarray(waves / (power.sum(1, keepdims=True) + 1e-9), np.float32)


@lru_cache(maxsize=1)
def _cosines() -> Floats:
    hertz = np.arange(1, _BINS + 1)[:, None] * (RATE / _FFT)
    return np.asarray(np.cos(2 * np.pi * hertz / _PITCHES), np.float32)


@lru_cache(maxsize=1)
def _dct() -> Floats:
    """(64,20) orthonormal DCT-II without its constant."""
    k, band = np.arange(1, _CEPSTRA + 1), np.arange(BANDS)[:, None]
    waves = np.sqrt(2 / BANDS) * np.cos(np.pi * (band + 0.5) * k / BANDS)
    return np.asarray(waves, np.float32)


def functionals(logs: Floats, waves: Floats) -> Floats:
    """Log-mel power (T,64) and autocorrelation (T,64) of the same frames -> (SIZE,)."""
    logs = np.maximum(logs, logs.max() + _FLOOR)
    loudness = np.log(np.exp(logs - logs.max()).mean(1) + 1e-9)
    loud = loudness > loudness.max() + _LOUD
    where = np.flatnonzero(loud)
    first = max(0, min(int(where[0]), len(loud) - _SHORTEST))
    last = max(int(where[-1]) + 1, first + _SHORTEST)
    logs, waves, loud = logs[first:last], waves[first:last], loud[first:last]
    loudness = loudness[first:last]
    logs = logs - logs[loud].mean()
    cepstra = product(logs.astype(np.float32), _dct())
    voiced, pitch = _pitch(waves, loud)
    parts = [
        _spectrum(logs, loud, voiced),
        _cepstral(cepstra, loud),
        _melody(pitch, voiced, waves, loud),
        _dynamics(loudness, loud),
        _course(np.column_stack([loudness, cepstra[:, :6]]), pitch, voiced),
        _modulations(np.column_stack([loudness, cepstra[:, :4]])),
    ]
    return np.concatenate(parts).astype(np.float32)


def _spectrum(logs: Floats, loud: Flags, voiced: Flags) -> NDArray[Any]:
    """Mean and deviation of each band, its mean where there is voice, its changes; tilts."""
    sound = np.exp(logs[loud] - logs[loud].max())
    low, middle, high = sound[:, :20].mean(), sound[:, 20:40].mean(), sound[:, 40:].mean()
    changes = np.abs(np.diff(logs, axis=0)).mean(0).reshape(16, 4).mean(1)
    tilts = np.log([middle / low, high / low, high / middle])
    return np.concatenate(
        [logs[loud].mean(0), logs[loud].std(0), logs[voiced].mean(0), changes, tilts]
    )


def _cepstral(cepstra: Floats, loud: Flags) -> NDArray[Any]:
    changes = (cepstra[2:] - cepstra[:-2]) / 2
    kept = loud[1:-1] if loud[1:-1].sum() > 2 else np.ones(len(changes), bool)
    second = np.diff(changes, axis=0)
    return np.concatenate(
        [_statistics(cepstra[loud]), _statistics(changes[kept])[_CEPSTRA:], second.std(0)]
    )


def _statistics(x: NDArray[Any]) -> NDArray[Any]:
    """(T,C) -> (8 C,): mean, deviation, skewness, kurtosis, quantiles and their range."""
    mean, spread = x.mean(0), x.std(0) + 1e-4
    z = (x - mean) / spread
    square = z * z
    q = _quantiles(x)
    skewness, kurtosis = (square * z).mean(0), np.minimum((square * square).mean(0), 20)
    return np.concatenate([mean, spread, skewness, kurtosis, q[0], q[2], q[4], q[3] - q[1]])


def _quantiles(x: NDArray[Any]) -> NDArray[Any]:
    """5, 25, 50, 75 and 95 % of (T,...) over time."""
    places = np.round(np.array([0.05, 0.25, 0.5, 0.75, 0.95]) * (len(x) - 1)).astype(int)
    return np.asarray(np.sort(x, axis=0)[places])


def _pitch(waves: Floats, loud: Flags) -> tuple[Flags, NDArray[Any]]:
    """Which frames have voice, and the pitch (T,) in semitones above 60 Hz, octaves mended."""
    strength = waves.max(1)
    voiced = loud & (strength > max(0.25, float(_quantiles(strength)[1])))
    if voiced.sum() < 5:
        voiced = np.zeros(len(loud), bool)
        voiced[np.argsort(strength)[-5:]] = True
    pitch = waves.argmax(1) * _SEMITONES
    middle = np.median(pitch[voiced])
    pitch = np.where(pitch - middle > 9, pitch - 12, pitch)
    return voiced, np.where(pitch - middle < -9, pitch + 12, pitch)


def _melody(pitch: NDArray[Any], voiced: Flags, waves: Floats, loud: Flags) -> NDArray[Any]:
    """Height, range, slope and steps of the pitch; how much and how clearly there is voice."""
    strength = waves.max(1)
    sung, at = pitch[voiced], np.flatnonzero(voiced)
    steps = np.diff(sung)[np.diff(at) == 1]
    steps = steps if len(steps) else np.zeros(1)
    time = (at - at.mean()) / len(voiced)
    slope = (time * (sung - sung.mean())).sum() / ((time**2).sum() + 1e-3)
    begun = (np.diff(voiced.astype(int)) == 1).sum()
    quarter = max(1, len(sung) // 4)
    rise = sung[-quarter:].mean() - sung[:quarter].mean()
    height = [sung.mean(), sung.std(), *_quantiles(sung), slope]
    moves = [np.abs(steps).mean(), steps.std(), steps.mean(), rise]
    amount = [voiced.mean(), loud.mean(), 100 * begun / len(voiced), voiced.sum() / 100]
    clarity = [*_quantiles(strength[voiced]), strength[loud].mean()]
    return np.array([*height, *moves, *amount, len(voiced) / 100, *clarity])


def _dynamics(loudness: Floats, loud: Flags) -> NDArray[Any]:
    changes = np.diff(loudness)
    time = np.linspace(-1, 1, len(loudness))
    range_ = [loudness.mean(), loudness.std(), *_quantiles(loudness), loudness[loud].std()]
    moves = [np.abs(changes).mean(), changes.std(), (changes**3).mean()]
    shape = [(time * loudness).mean(), loudness.argmax() / len(loudness)]
    return np.array([*range_, *moves, *shape])


def _course(values: NDArray[Any], pitch: NDArray[Any], voiced: Flags) -> NDArray[Any]:
    """Each of four equal parts of the time against the whole."""
    result = []
    for part in np.array_split(np.arange(len(values)), _PARTS):
        sung = pitch[part][voiced[part]]
        result += [*(values[part].mean(0) - values.mean(0))]
        result.append(sung.mean() - pitch[voiced].mean() if len(sung) else 0.0)
    return np.array(result)


def _modulations(values: NDArray[Any]) -> NDArray[Any]:
    """Log amplitude of each course at ten frequencies from 0.2 to 13 Hz."""
    size = 512
    padded = np.zeros((size, values.shape[1]))
    part = (values - values.mean(0))[:size]
    padded[: len(part)] = part
    strength = np.abs(np.fft.rfft(padded, axis=0))[1:65] / np.sqrt(len(part))
    edges = np.array([0, 2, 4, 7, 10, 14, 19, 26, 35, 48])
    return np.log(np.add.reduceat(strength, edges, axis=0) + 0.1).ravel()


SIZE = 3 * BANDS + 19 + 8 * _CEPSTRA + 7 * _CEPSTRA + _CEPSTRA + 23 + 13 + 8 * _PARTS + 50
"""How many numbers there are."""

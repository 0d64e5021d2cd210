"""The 34 short-term features of pyAudioAnalysis (Giannakopoulos 2015), which paper 001 uses.

Defined as its version 0.3.14 computes them, its two surprises included, so that a model sees what
the paper's saw:

- the mel filters are laid over the half spectrum as if it reached the full sampling rate, so each
  band lies at half its nominal frequency;
- of the bins that fall on one semitone only the highest counts, divided by a number of bins that
  belongs to another semitone; bins below A0 (27.5 Hz) land on a pitch class that is not theirs.

Values are raw, and of very different sizes: standardise them before a network sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.passes import sound_of
from mien.media import RATE
from mien.types import Features

__all__ = ["NAMES", "ShortTerm", "short_term"]

_MFCC, _PITCHES = 13, ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")
NAMES = (
    "zero_crossing_rate",
    "energy",
    "energy_entropy",
    "spectral_centroid",
    "spectral_spread",
    "spectral_entropy",
    "spectral_flux",
    "spectral_rolloff",
    *(f"mfcc_{k}" for k in range(1, _MFCC + 1)),
    *(f"chroma_{pitch}" for pitch in _PITCHES),
    "chroma_deviation",
)
"""The columns. Centroid, spread and roll-off are parts of half the sampling rate, 0..1."""

_EPS = float(np.finfo(np.float64).eps)
_BLOCKS = 10  # parts of a window, and of its spectrum, whose energies an entropy is taken over
_ROLLOFF = 0.9  # of the energy lies below
_LOWEST, _STEP, _RATIO = 133.33, 200 / 3, 1.0711703  # Hz, Hz; edges of the mel filters
_LINEAR, _LOGARITHMIC = 13, 27  # filters
_SHORTEST, _LONGEST = 0.02, 1.0  # s; a semitone needs bins that are not too wide

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def short_term(sound: Floats, window: float = 0.1, step: float = 0.05) -> Floats:
    """Short-term features of a whole clip.

    The clip's mean is taken off and its loudest sample set to 1 first.

    Args:
        sound: (N,) mono at 16 kHz.
        window, step: seconds; 100 ms and 50 % overlap are paper 001's (section 2.3).

    Returns:
        (T,34) in the order of `NAMES`, T = 1 + (N - window) // step; (0,34) where N < window.
    """
    size, hop = round(window * RATE), round(step * RATE)
    if len(sound) < size:
        return np.zeros((0, len(NAMES)), np.float32)
    centred = sound.astype(np.float64) - sound.mean(dtype=np.float64)
    centred /= np.abs(centred).max() + 1e-10
    frames = np.lib.stride_tricks.sliding_window_view(centred, size)[::hop]
    bins = size // 2
    spectrum = np.abs(np.fft.rfft(frames, axis=1))[:, :bins] / bins
    columns = [_of_time(frames), _of_spectrum(spectrum), _mfcc(spectrum), _chroma(spectrum)]
    return np.concatenate(columns, 1).astype(np.float32)


def _of_time(frames: Doubles) -> Doubles:
    """(T,3): zero-crossing rate, energy, entropy of energy."""
    crossings = np.abs(np.diff(np.sign(frames), axis=1)).sum(1) / 2 / (frames.shape[1] - 1)
    return np.stack([crossings, (frames**2).mean(1), _entropy(frames)], 1)


def _of_spectrum(spectrum: Doubles) -> Doubles:
    """(T,5): centroid, spread, entropy, flux, roll-off."""
    bins = spectrum.shape[1]
    place = np.arange(1, bins + 1) / bins
    peak = spectrum.max(1, keepdims=True)
    share = spectrum / np.where(peak > 0, peak, 1)
    total = share.sum(1) + _EPS
    centroid = (share * place).sum(1) / total
    spread = np.sqrt((share * (place - centroid[:, None]) ** 2).sum(1) / total)
    density = spectrum / (spectrum + _EPS).sum(1, keepdims=True)
    flux = (np.diff(density, axis=0, prepend=density[:1]) ** 2).sum(1)
    power = spectrum**2
    over = np.cumsum(power, 1) + _EPS > _ROLLOFF * power.sum(1, keepdims=True)
    return np.stack([centroid, spread, _entropy(spectrum), flux, over.argmax(1) / bins], 1)


def _entropy(rows: Doubles) -> Doubles:
    """Entropy in bits of the energies of ten consecutive parts of each row (T,N)."""
    length = rows.shape[1] // _BLOCKS
    power = rows**2
    parts = power[:, : length * _BLOCKS].reshape(len(rows), _BLOCKS, length).sum(2)
    share = parts / (power.sum(1, keepdims=True) + _EPS)
    return np.asarray(-(share * np.log2(share + _EPS)).sum(1))


def _mfcc(spectrum: Doubles) -> Doubles:
    """(T,13): from the magnitudes, not the powers, of the spectrum."""
    # einsum keeps to one thread; a product by numpy's BLAS would wake one a core.
    bands = np.log10(np.einsum("tf,fb->tb", spectrum, _filters(spectrum.shape[1])) + _EPS)
    return np.asarray(np.einsum("tb,bk->tk", bands, _cosines()))


def _chroma(spectrum: Doubles) -> Doubles:
    """(T,13): twelve pitch classes from A on, and their standard deviation."""
    power = spectrum**2
    total = power.sum(1, keepdims=True)
    classes = np.einsum("tf,fc->tc", power, _pitches(spectrum.shape[1]))
    classes /= np.where(total > 0, total, _EPS)
    return np.concatenate([classes, classes.std(1, keepdims=True)], 1)


@lru_cache(maxsize=4)
def _filters(bins: int) -> Doubles:
    """(bins,40) triangles of area 1: equally spaced below 1 kHz, then by a ratio (Slaney 1998)."""
    linear = _LOWEST + _STEP * np.arange(_LINEAR)
    edges = np.append(linear, linear[-1] * _RATIO ** np.arange(1, _LOGARITHMIC + 3))
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    hertz = np.arange(bins)[:, None] / bins * RATE
    triangle = np.minimum((hertz - low) / (centre - low), (high - hertz) / (high - centre))
    return np.asarray(np.maximum(0, triangle) * 2 / (high - low))


@lru_cache(maxsize=1)
def _cosines() -> Doubles:
    """(40,13) the first columns of the orthonormal DCT-II."""
    count = _LINEAR + _LOGARITHMIC
    angle = np.pi / count * np.outer(np.arange(count) + 0.5, np.arange(_MFCC))
    scale = np.sqrt(np.where(np.arange(_MFCC) == 0, 1, 2) / count)
    return np.asarray(np.cos(angle) * scale)


@lru_cache(maxsize=4)
def _pitches(bins: int) -> Doubles:
    """(bins,12) what the power of each bin counts for in each pitch class."""
    hertz = np.arange(1, bins + 1) * RATE / (2 * bins)
    semitone = np.round(12 * np.log2(hertz / 27.5)).astype(int) % bins
    _, group, counts = np.unique(semitone, return_inverse=True, return_counts=True)
    mates = counts[group]  # bins on the semitone of each bin
    weights = np.zeros((bins, len(_PITCHES)))
    highest = {int(number): b for b, number in enumerate(semitone)}
    for number, b in highest.items():
        weights[b, number % 12] = 1 / mates[semitone[number]]
    return weights


@dataclass(frozen=True)
class ShortTerm:
    """(T,34) float32 of `NAMES`; the time of a row is its middle.

    Digital silence has no rows.

    Args:
        window: seconds of a row.
        step: seconds from one row to the next; half the window is paper 001's overlap of 50 %.
    """

    window: float = 0.1
    step: float = 0.05

    name: ClassVar[str] = "short_term"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        for name, low, high in (("window", _SHORTEST, _LONGEST), ("step", 1e-3, _LONGEST)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{self.name}: {name} {value:g} must be from {low:g} to {high:g}")

    def settings(self) -> Settings:
        """The numbers and the code."""
        code = code_version(__name__)
        return {"window": float(self.window), "step": float(self.step), "code": code}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The rows of the sound in [start, end) seconds of a file."""
        sound = sound_of(path, start, end)
        return self.hear(sound.samples, sound.start)

    def hear(self, sound: NDArray[np.float32], start: float) -> Features:
        """The rows of sound (N,) that starts at `start` seconds."""
        rows = np.zeros((0, len(NAMES)), np.float32)
        if np.any(sound):
            rows = short_term(sound, self.window, self.step)
        hop = round(self.step * RATE) / RATE
        times = start + self.window / 2 + hop * np.arange(len(rows), dtype=np.float64)
        return Features(rows, times, np.ones(len(rows), bool))

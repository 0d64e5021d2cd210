"""Spectrogram pictures of the speech of a clip (paper 004, sections 2.2 and 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.log_mel import speech_weights
from mien.features.extractors.passes import sound_of
from mien.features.spectrograms import (
    band_limited,
    gated,
    pictures,
    power_spectrogram,
    segments,
    speech_samples,
)
from mien.media import RATE
from mien.types import Features

__all__ = ["Spectrograms"]

_SHORTEST = RATE // 10  # samples of speech; less is nothing to look at

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Spectrograms:
    """(T,S,S) uint8 pictures of segments of speech; the time of a row is its middle.

    What is not speech is cut out before the segments are made. A clip with less than one segment
    of speech is repeated up to one; with less than 0.1 s it has no rows.

    Args:
        size: side of a picture in pixels; 224 in the paper.
        rate: the paper's augmentation by lower sample rates, one of 1, 0.75, 0.5, 0.25.
        literal: pictures of a lower rate reach up to its own half, as when the file itself is
            resampled; otherwise the band above it stays, but is empty.
        gate: whether noise is gated first; what was cut out tells what is noise.
        length: seconds of a segment.
        overlap: part of a segment that the next one shares.
    """

    size: int = 224
    rate: float = 1.0
    literal: bool = False
    gate: bool = False
    length: float = 0.3
    overlap: float = 0.5

    name: ClassVar[str] = "spectrograms"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["pictures"]] = "pictures"

    def __post_init__(self) -> None:
        limits = (("size", 16, 512), ("rate", 0.1, 1), ("length", 0.05, 10), ("overlap", 0, 0.95))
        for name, low, high in limits:
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{self.name}: {name} {value:g} must be from {low:g} to {high:g}")

    def settings(self) -> Settings:
        """The numbers, the speech detector's weights and the code."""
        return {
            "size": self.size,
            "rate": float(self.rate),
            "literal": int(self.literal),
            "gate": int(self.gate),
            "length": float(self.length),
            "overlap": float(self.overlap),
            "speech_weights": speech_weights(),
            "code": code_version(__name__),
        }

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The pictures of the speech in [start, end) seconds of a file."""
        sound = sound_of(path, start, end)
        return self.hear(sound.samples, sound.start)

    def hear(self, sound: Floats, start: float) -> Features:
        """The pictures of the speech in sound (N,) that starts at `start` seconds."""
        kept = speech_samples(sound)
        if len(kept) < _SHORTEST:
            nothing = np.zeros((0, self.size, self.size), np.uint8)
            return Features(nothing, np.zeros(0), np.zeros(0, bool))
        whole = np.resize(kept, max(len(kept), round(self.length * RATE)))
        power = self._power(sound, whole)
        shown = pictures(
            segments(power, self.length, self.overlap),
            self.size,
            self.rate if self.literal else 1.0,
        )
        step = round(self.length * (1 - self.overlap) * 100) / 100
        middle = (self.length / 2 + step * np.arange(len(shown))) * RATE
        times = start + whole[np.minimum(middle.astype(int), len(whole) - 1)] / RATE
        return Features(shown, times, np.ones(len(shown), bool))

    def _power(self, sound: Floats, kept: NDArray[np.int64]) -> Floats:
        """(F,257) of the samples that are kept."""
        heard = band_limited(sound, self.rate)
        power = power_spectrogram(heard[kept])
        if not self.gate:
            return power
        return gated(power, power_spectrogram(np.delete(heard, kept)))

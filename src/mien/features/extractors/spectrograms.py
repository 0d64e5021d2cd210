"""Spectrogram pictures of speech (paper 004, sections 2.2 and 3.2).

The paper keeps the speech, lowers its sample rate to 1, 0.75, 0.5 and 0.25 of what it was to have
more data, cuts segments of 300 ms with 50 % overlap and makes pictures of them "by SIFT", which
can only mean the short-time Fourier transform of its section 2.2. Windows, scale and
normalisation are not given: 25 ms Hann windows every 10 ms, decibels, one scale for a whole clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.log_mel import speech_weights
from mien.features.extractors.passes import sound_of
from mien.features.log_mel import HOP
from mien.features.speech import FRAME, SpeechDetector
from mien.media import RATE
from mien.types import Features

__all__ = [
    "SCALES",
    "Spectrograms",
    "band_limited",
    "gated",
    "pictures",
    "power_spectrogram",
    "segments",
    "speech_samples",
]

SCALES = (1.0, 0.75, 0.5, 0.25)
"""Sample rates of the paper's augmentation, in parts of the original one."""

_LENGTH = 400  # samples of a window, 25 ms
_FFT = 512
_SPEECH = 0.5  # probability from which a frame is speech (the default of Silero VAD)
_AROUND = 3  # frames of 32 ms kept on each side of speech: consonants are quiet
_FADE = 0.05  # of a lower band, at its upper end
_RANGE = 80.0  # dB below the loudest cell of a clip that a picture shows
_GATE = 1.5  # standard deviations above the mean of the noise
_CLOSED = 0.01  # what a closed gate leaves of the power: -20 dB
_QUIET = 0.1  # of a clip's frames, the quietest, stand for its noise where nothing else does
_SHORTEST = RATE // 10  # samples of speech; less is nothing to look at

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def speech_samples(sound: Floats) -> NDArray[np.int64]:
    """Which samples of a clip are speech, or within 0.1 s of it, as Silero VAD hears it.

    Args:
        sound: (N,) float32 mono at 16 kHz.

    Returns:
        (M,) ascending indices of samples.
    """
    if not len(sound):
        return np.zeros(0, np.int64)
    frames = np.zeros(-(-len(sound) // FRAME) * FRAME, np.float32)
    frames[: len(sound)] = sound
    speech = SpeechDetector().push(frames) >= _SPEECH
    wide = np.convolve(speech, np.ones(2 * _AROUND + 1), "same")[: len(speech)] > 0
    return np.flatnonzero(np.repeat(wide, FRAME)[: len(sound)])


def band_limited(sound: Floats, scale: float) -> Floats:
    """Sound (N,) as if resampled to `scale` of its rate and back: pitch and duration stay.

    The highest twentieth of the band fades out, as in a resampler; a sudden end would ring on.
    """
    if scale >= 1:
        return sound
    spectrum = np.fft.rfft(sound)
    place = np.arange(len(spectrum)) / max(1, len(spectrum) - 1) / scale  # 1 is the new half rate
    fade = np.clip((1 - place) / _FADE, 0, 1)
    spectrum *= (1 - np.cos(np.pi * fade)) / 2
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


def power_spectrogram(sound: Floats) -> Floats:
    """Sound (N,) at 16 kHz -> (F,257), F = 1 + (N - 400) // 160; (0,257) where N < 400."""
    if len(sound) < _LENGTH:
        return np.zeros((0, _FFT // 2 + 1), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, _LENGTH)[::HOP]
    window = np.hanning(_LENGTH + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames * window, _FFT, axis=1)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


def gated(power: Floats, noise: Floats) -> Floats:
    """Spectral gating: cells that do not stand out from the noise of their frequency lose 20 dB.

    The threshold is the noise's mean in decibels and 1.5 of its standard deviations, and the gate
    is blurred over neighbouring cells, as in noisereduce (Sainburg & Zorea 2024).

    Args:
        power: (F,B) spectrogram of what is kept.
        noise: (G,B) spectrogram of noise alone; with fewer than ten rows the quietest tenth of
            `power` stands for it.
    """
    if len(noise) < 10 <= len(power):
        quietest = np.argsort(power.sum(1))[: max(1, round(_QUIET * len(power)))]
        noise = power[quietest]
    if not len(noise):
        return power
    level = _decibels(noise)
    threshold = level.mean(0) + _GATE * level.std(0)
    gate = np.where(_decibels(power) > threshold, 1.0, _CLOSED).astype(np.float32)
    return np.asarray(power * cv2.blur(gate, (3, 3)), np.float32)


def segments(power: Floats, length: float = 0.3, overlap: float = 0.5) -> Floats:
    """Cut a spectrogram into segments.

    Args:
        power: (F,B).
        length: seconds of a segment, at least 0.05.
        overlap: part of a segment that the next one shares, from 0 to below 1.

    Returns:
        (T,L,B), L = 28 frames for 300 ms; what is left at the end is dropped.
    """
    frames = 1 + (round(length * RATE) - _LENGTH) // HOP
    step = max(1, round(length * (1 - overlap) * RATE / HOP))
    if len(power) < frames:
        return np.zeros((0, frames, power.shape[1]), np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(power, frames, axis=0)[::step]
    return np.ascontiguousarray(cut.transpose(0, 2, 1))


def pictures(cut: Floats, size: int, top: float = 1.0) -> Bytes:
    """Pictures of the segments of one clip, which share one scale.

    Args:
        cut: (T,L,B) power.
        size: side of a picture in pixels.
        top: highest frequency shown, in parts of 8 kHz.

    Returns:
        (T,size,size) uint8, low frequencies at the bottom; 255 is the loudest cell of the clip
        and 0 lies 80 dB below it, or lower.
    """
    cut = cut[:, :, : max(2, round(top * cut.shape[2]))]
    result = np.zeros((len(cut), size, size), np.uint8)
    level = _decibels(cut)
    grey = 255 * np.maximum(0, 1 + (level - level.max(initial=-np.inf)) / _RANGE)
    for row, segment in enumerate(grey):
        tall = np.ascontiguousarray(segment.T[::-1])
        # Frequencies are averaged down, then frames are drawn out: one call would skip over some.
        tall = cv2.resize(tall, (tall.shape[1], size), interpolation=cv2.INTER_AREA)
        wide = cv2.resize(tall, (size, size), interpolation=cv2.INTER_LINEAR)
        result[row] = np.round(wide)
    return result


def _decibels(power: Floats) -> Floats:
    return np.asarray(10 * np.log10(power + np.float32(1e-12)), np.float32)


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

"""Named alterations that degrade clips, to test the robustness of a system.

    muted, faceless                    one modality taken away
    noise 20 dB, noise 10 dB           white noise in the sound
    higher pitch, lower pitch          by two semitones, at the same speed
    faster, slower                     picture and sound by a tenth, pitch and all
    blur, compressed, low light        the picture

All are deterministic: noise is drawn from the time at which a picture or the sound begins. Times
stay true: sound and picture of consecutive chunks still join without gaps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.types import MediaChunk

__all__ = [
    "ALTERATIONS",
    "Alteration",
    "add_noise",
    "alteration",
    "blur",
    "change_pitch",
    "change_speed",
    "compress",
    "faceless",
    "low_light",
    "muted",
]

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Alter = Callable[[MediaChunk], MediaChunk]
Stream = Literal["picture", "sound"]

_GREY = 128
_FRAME, _HOP = 512, 256  # samples at 16 kHz: frames of 32 ms, half overlapping
_SEEK = 200  # samples, 12.5 ms: the period of the lowest voices
_LEAST = 1e-9  # power of a frame below which it is silence
_DENSE = 4


def muted(chunk: MediaChunk) -> MediaChunk:
    """Silence in place of the sound."""
    return replace(chunk, sound=np.zeros_like(chunk.sound))


def faceless(chunk: MediaChunk) -> MediaChunk:
    """Plain grey pictures: nobody in view."""
    return _pictures(chunk, lambda picture, _: np.full_like(picture, _GREY))


def add_noise(chunk: MediaChunk, decibels: float) -> MediaChunk:
    """White noise below the mean power of the chunk's sound by so many dB; none in silence."""
    if not len(chunk.sound):
        return chunk
    power = float(np.mean(chunk.sound.astype(np.float64) ** 2))
    spread = math.sqrt(power / 10 ** (decibels / 10))
    noise = _draw(chunk.sound_start).normal(0, spread, len(chunk.sound))
    return replace(chunk, sound=np.clip(chunk.sound + noise, -1, 1).astype(np.float32))


def blur(chunk: MediaChunk, share: float = 0.006) -> MediaChunk:
    """Gaussian blur whose sigma is a share of the picture's short side: 4.3 px of 720."""

    def alter_picture(picture: Picture, _: float) -> Picture:
        sigma = share * min(picture.shape[:2])
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.1, sigma)), np.uint8)

    return _pictures(chunk, alter_picture)


def compress(chunk: MediaChunk, quality: int = 10) -> MediaChunk:
    """Each picture through JPEG at a quality of 1 (worst) to 100."""

    def alter_picture(picture: Picture, _: float) -> Picture:
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        _, stored = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
        read = cv2.imdecode(stored, cv2.IMREAD_COLOR)
        return np.asarray(cv2.cvtColor(np.asarray(read), cv2.COLOR_BGR2RGB), np.uint8)

    return _pictures(chunk, alter_picture)


def low_light(chunk: MediaChunk, light: float = 0.08, noise: float = 4.0) -> MediaChunk:
    """Part of the light (in linear intensity, gamma 2.2), and noise of the sensor in levels."""

    def alter_picture(picture: Picture, time: float) -> Picture:
        dark = picture * np.float32(light ** (1 / 2.2))
        dark += _draw(time).normal(0, noise, picture.shape)
        return np.clip(np.round(dark), 0, 255).astype(np.uint8)

    return _pictures(chunk, alter_picture)


def change_speed(chunk: MediaChunk, factor: float) -> MediaChunk:
    """Played faster (factor above 1) or slower; the pitch goes with it, as on a tape.

    Sample k of the whole run is taken at time k * factor / rate, so that chunks join.
    """
    first = round(chunk.sound_start * chunk.rate)
    begin = math.ceil(first / factor - 1e-9)
    end = math.ceil((first + len(chunk.sound)) / factor - 1e-9)
    return replace(
        chunk,
        times=chunk.times / factor,
        sound=_taken(chunk.sound, factor * np.arange(begin, end) - first, factor),
        sound_start=begin / chunk.rate,
    )


def change_pitch(chunk: MediaChunk, semitones: float) -> MediaChunk:
    """Higher or lower voices at the same speed.

    The sound of each chunk is stretched without change of pitch (WSOLA, Verhelst & Roelands
    1993), and then played faster.
    """
    if len(chunk.sound) < 2 * _FRAME:
        return chunk
    factor = 2 ** (semitones / 12)
    long = _stretched(chunk.sound, factor)
    return replace(chunk, sound=_taken(long, np.arange(len(chunk.sound)) * factor, factor))


def _taken(sound: Floats, positions: NDArray[np.floating[Any]], factor: float) -> Floats:
    """Samples at fractional places (N,) that are `factor` apart, in [-1, 1].

    The sound is first sampled four times as densely, without what would lie above half the rate
    when it is played faster; straight lines between its own samples would dull it.
    """
    if not len(positions):
        return np.zeros(0, np.float32)
    edge = min(_FRAME, len(sound) - 1)
    padded = np.pad(sound.astype(np.float64), edge, mode="reflect")
    spectrum = np.fft.rfft(padded)
    spectrum[math.ceil(len(padded) / 2 / max(1.0, factor)) :] = 0
    dense = _DENSE * np.fft.irfft(spectrum, _DENSE * len(padded))
    taken = np.interp((positions + edge) * _DENSE, np.arange(len(dense)), dense)
    return np.asarray(np.clip(taken, -1, 1), np.float32)


def _stretched(sound: Floats, factor: float) -> Floats:
    """Sound (N,) at factor times the length, each tone at its pitch.

    Overlapping frames, each taken near its place in the sound where it is most like what
    follows the frame before it.
    """
    window = np.hanning(_FRAME + 1)[:-1]  # two of them, half overlapping, sum to one
    padded = np.pad(sound.astype(np.float64), (_FRAME, 2 * _FRAME + _SEEK))
    count = math.ceil(len(sound) * factor / _HOP) + 3
    result = np.zeros(_HOP * (count + 1))
    at = _FRAME - _HOP
    for k in range(count):
        result[k * _HOP : k * _HOP + _FRAME] += window * padded[at : at + _FRAME]
        near = min(round(_FRAME - _HOP + (k + 1) * _HOP / factor), len(padded) - _FRAME - _SEEK)
        low = max(0, near - _SEEK)
        goes_on = padded[at + _HOP : at + _HOP + _FRAME]
        fits = _likeness(padded[low : near + _SEEK + _FRAME], goes_on)
        at = low + int(fits.argmax()) if fits.max() > 0 else near
    return np.asarray(result[_HOP:], np.float32)


def _likeness(sound: NDArray[np.float64], frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normalised correlation of a frame with each stretch of a sound."""
    power = np.convolve(sound**2, np.ones(len(frame)), "valid")
    return np.asarray(np.correlate(sound, frame) / np.sqrt(np.maximum(power, _LEAST)))


def _pictures(chunk: MediaChunk, alter_picture: Callable[[Picture, float], Picture]) -> MediaChunk:
    timed_frames = zip(chunk.frames, chunk.times.tolist(), strict=True)
    return replace(
        chunk, frames=tuple(alter_picture(picture, time) for picture, time in timed_frames)
    )


def _draw(time: float) -> np.random.Generator:
    """A random generator that is seeded with the time in s."""
    return np.random.default_rng(max(0, round(time * 1_000_000)))


@dataclass(frozen=True)
class Alteration:
    """An alteration of clips.

    Args:
        alter: what it does to a chunk.
        touches: the streams that it changes; to the other it does nothing.
        speed: how much faster it plays the clip.
    """

    alter: Alter
    touches: frozenset[Stream]
    speed: float = 1.0

    def __call__(self, chunk: MediaChunk) -> MediaChunk:
        """The altered chunk; the given one stays as it is."""
        return self.alter(chunk)


_SOUND: frozenset[Stream] = frozenset({"sound"})
_PICTURE: frozenset[Stream] = frozenset({"picture"})

ALTERATIONS: dict[str, Alteration] = {
    "muted": Alteration(muted, _SOUND),
    "faceless": Alteration(faceless, _PICTURE),
    "noise 20 dB": Alteration(lambda chunk: add_noise(chunk, 20), _SOUND),
    "noise 10 dB": Alteration(lambda chunk: add_noise(chunk, 10), _SOUND),
    "higher pitch": Alteration(lambda chunk: change_pitch(chunk, 2), _SOUND),
    "lower pitch": Alteration(lambda chunk: change_pitch(chunk, -2), _SOUND),
    "faster": Alteration(lambda chunk: change_speed(chunk, 1.1), _PICTURE | _SOUND, 1.1),
    "slower": Alteration(lambda chunk: change_speed(chunk, 1 / 1.1), _PICTURE | _SOUND, 1 / 1.1),
    "blur": Alteration(blur, _PICTURE),
    "compressed": Alteration(compress, _PICTURE),
    "low light": Alteration(low_light, _PICTURE),
}
"""By name, as reports show them."""


def alteration(name: str) -> Alteration:
    """The alteration of that name; raises `UsageError` for an unknown one, with the nearest."""
    if name not in ALTERATIONS:
        near = get_close_matches(name, ALTERATIONS, 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"unknown alteration '{name}'; {hint}there are {', '.join(ALTERATIONS)}")
    return ALTERATIONS[name]

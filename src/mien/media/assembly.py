"""Collect pictures and sound into chunks that cover the same stretch of time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mien.media.pictures import Picture, Pictures
from mien.media.sound import RATE
from mien.types import MediaChunk

__all__ = ["Assembly"]

_MOST_BYTES = 24 * 10**6
_LEAD = 10  # s; how far one stream may run ahead of the other before it is not waited for

Floats = NDArray[np.float32]


class Assembly:
    """Collects pictures and sound, and cuts them at multiples of `chunk` seconds.

    A chunk is ready when both streams have passed its end. It is returned earlier when its
    pictures are too large to hold, when their scale changes, or when one stream lags far behind.

    Args:
        chunk: seconds.
        streams: names of the streams to wait for, out of "video" and "audio".
    """

    def __init__(self, chunk: float, streams: set[str]) -> None:
        self._chunk = Fraction(chunk).limit_denominator(10**6)
        self._passed = dict.fromkeys(streams, Fraction(0))
        self._frames: list[tuple[Fraction, Picture]] = []
        self._sound: list[Floats] = []
        self._sound_start = Fraction(0)
        self._samples = 0
        self._scales = 1.0, 1.0
        self._cut = Fraction(0)
        self._bytes = 0
        self._due: Fraction | None = None  # end of the earliest pending chunk

    def passed(self, stream: str, time: Fraction) -> None:
        """All of a stream before `time` has been seen."""
        if time > self._passed[stream]:
            self._passed[stream] = time

    def see(
        self, time: Fraction, picture: Picture, scale: float, zoom: float
    ) -> Iterator[MediaChunk]:
        """Take a picture; yields the pending chunk when it can hold no more.

        `scale` and `zoom` are those of `MediaChunk`.
        """
        full = self._bytes + picture.nbytes > _MOST_BYTES
        if self._frames and (full or (scale, zoom) != self._scales):
            yield from self._take(time)
        self._scales = scale, zoom
        self._frames.append((time, picture))
        self._bytes += picture.nbytes
        if self._due is None or time < self._due - self._chunk:
            self._due = self._boundary()

    def hear(self, start: Fraction, samples: Floats) -> None:
        """Take sound that begins at `start` and follows on what was taken before."""
        if not self._sound:
            self._sound_start = start
        self._sound.append(samples)
        self._samples += len(samples)
        if self._due is None or start < self._due - self._chunk:
            self._due = self._boundary()

    def ready(self) -> Iterator[MediaChunk]:
        """The chunks whose end both streams have passed."""
        behind, ahead = min(self._passed.values()), max(self._passed.values())
        until = max(behind, ahead - _LEAD)
        while self._due is not None and self._due <= until:
            yield from self._take(self._due)

    def rest(self) -> Iterator[MediaChunk]:
        """All that is left, at the end of the file."""
        while self._due is not None:
            yield from self._take(self._due)

    def _boundary(self) -> Fraction | None:
        """End of the chunk that the earliest pending picture or sound belongs to."""
        starts = [self._frames[0][0]] if self._frames else []
        starts += [self._sound_start] if self._sound else []
        if not starts:
            return None
        return (math.floor(min(starts) / self._chunk) + 1) * self._chunk

    def _take(self, until: Fraction) -> Iterator[MediaChunk]:
        """One chunk of everything before `until`."""
        count = sum(time < until for time, _ in self._frames)
        frames, self._frames = self._frames[:count], self._frames[count:]
        self._bytes = sum(picture.nbytes for _, picture in self._frames)
        begin = self._sound_start if self._sound else min(self._cut, until)
        sound = self._cut_sound(until)
        self._cut = until
        self._due = self._boundary()
        if frames or len(sound):
            times = np.array([float(time) for time, _ in frames])
            pictures = Pictures([picture for _, picture in frames])
            yield MediaChunk(pictures, times, sound, float(begin), RATE, *self._scales)

    def _cut_sound(self, until: Fraction) -> Floats:
        count = min(self._samples, max(0, math.ceil((until - self._sound_start) * RATE)))
        if not count:
            return np.zeros(0, np.float32)
        joined = np.concatenate(self._sound)
        self._sound = [joined[count:].copy()] if count < len(joined) else []
        self._samples -= count
        self._sound_start += Fraction(count, RATE)
        return np.asarray(joined[:count])

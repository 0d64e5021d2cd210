"""Decoded sound of any rate and layout -> 16 kHz mono float32, true to its presentation times."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["RATE", "SoundStream"]

RATE = 16_000
"""Samples a second of all sound in mien."""
_TOLERANCE = 0.05  # s; smaller steps between packets are jitter of the container
_LONGEST_GAP = 5.0  # s; shorter gaps are filled with silence, longer ones start anew

Floats = NDArray[np.float32]


class SoundStream:
    """Collects pieces (start in s, samples (N,) float32) that follow one another.

    Args:
        origin: presentation time of the file's start in s.
    """

    def __init__(self, origin: Fraction) -> None:
        self._origin = origin
        self._resampler = self._new()
        self._next: float | None = None  # time of the next sample put in
        self._at = 0.0  # time of the next sample given out
        self._layout: tuple[str, int, str] | None = None
        self.odd_samples = False
        self.jumps = 0

    @staticmethod
    def _new() -> av.AudioResampler:
        return av.AudioResampler(format="flt", layout="mono", rate=RATE)

    @property
    def end(self) -> float:
        """Time up to which sound was given out."""
        return self._at

    def push(self, frame: av.AudioFrame) -> list[tuple[float, Floats]]:
        """Take a decoded frame; give what is now resampled."""
        result: list[tuple[float, Floats]] = []
        layout = (frame.format.name, frame.sample_rate, frame.layout.name)
        if self._layout not in (None, layout):
            result += self.flush()
        self._layout = layout
        start = self._start(frame)
        if self._next is None:
            self._next = self._at = max(start, 0.0)
        step = start - self._next
        if abs(step) > _TOLERANCE:
            result += self.flush()
            result += self._jump(step)
        if start + frame.samples / frame.sample_rate > 0:  # priming before the start is dropped
            result += self._out(self._resampler.resample(frame))
        self._next = max(self._next, start) + frame.samples / frame.sample_rate
        return result

    def _start(self, frame: av.AudioFrame) -> float:
        if frame.pts is None or frame.time_base is None:
            return self._next or 0.0
        return float(frame.pts * frame.time_base - self._origin)

    def _jump(self, step: float) -> list[tuple[float, Floats]]:
        """The packets' times step forwards (a gap) or backwards (an overlap, or a restart)."""
        assert self._next is not None
        self.jumps += 1
        if step < 0 or step > 24 * 3600:
            self._origin += Fraction(step)  # times run on from here
            return []
        begin = self._at
        self._next += step
        self._at += step
        if step > _LONGEST_GAP:
            return []
        return [(begin, np.zeros(round(step * RATE), np.float32))]

    def flush(self) -> list[tuple[float, Floats]]:
        """What the resampler still holds."""
        if self._layout is None:
            return []
        result = self._out(self._resampler.resample(None))
        self._resampler, self._layout = self._new(), None
        return result

    def _out(self, frames: list[av.AudioFrame]) -> list[tuple[float, Floats]]:
        result = []
        for frame in frames:
            samples = frame.to_ndarray().reshape(-1).astype(np.float32)
            if not np.isfinite(samples).all():
                self.odd_samples = True
                samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
            result.append((self._at, np.clip(samples, -1, 1)))
            self._at += len(samples) / RATE
        return result

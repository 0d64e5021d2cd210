"""What is heard while a mouth moves: log powers in 16 mel bands, 0.2 s to both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.features.log_mel import BANDS as MEL_BANDS
from mien.features.log_mel import HOP, RATE, log_power

__all__ = ["BANDS", "CONTEXT", "STEP", "SpokenSound", "bands_of"]

BANDS = 16
STEP = 0.02
"""Seconds between two rows."""
CONTEXT = np.arange(-10, 11)
"""Rows around a moment of which it is described."""
_START = 0.0125  # s from the start of a frame to its middle
_LENGTH = 400  # samples of a frame
_EVERY = round(STEP * RATE / HOP)
_FLOOR = np.float32(-14)  # log power of a band: what is below is silence
_PIECE = 10 * RATE  # samples of silence that are taken at once

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def bands_of(sound: Floats) -> Floats:
    """Sound (N,) float32 at 16 kHz, N >= 400 -> (T,16), a row every 20 ms."""
    logs = np.maximum(log_power(sound), _FLOOR)[::_EVERY]
    return np.asarray(logs.reshape(len(logs), BANDS, MEL_BANDS // BANDS).mean(2))


class SpokenSound:
    """The sound of a file as a row every 20 ms: 6 MB an hour.

    Sound has to come in order; a gap is filled with silence.

    Args:
        start: second of the first row.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._sound = np.zeros(0, np.float32)  # from the frame on that is not whole
        self._first = int(start / STEP)  # number of the first row that is kept
        self._next = self._first * HOP * _EVERY  # place of the sample that comes next
        self._rows: list[NDArray[np.float16]] = []

    def push(self, sound: Floats, start: float) -> None:
        """Take (N,) float32 at 16 kHz that starts at `start` seconds."""
        begin = round(start * RATE)
        gap, sound = max(0, begin - self._next), sound[max(0, self._next - begin) :]
        for length in (_PIECE,) * (gap // _PIECE) + (gap % _PIECE,):
            self._take(np.zeros(length, np.float32))
        self._take(sound)

    def _take(self, sound: Floats) -> None:
        self._next += len(sound)
        self._sound = np.concatenate([self._sound, sound])
        step = HOP * _EVERY
        whole = (len(self._sound) - _LENGTH) // step + 1
        if whole > 0:
            rows = bands_of(self._sound[: (whole - 1) * step + _LENGTH])
            self._sound = self._sound[whole * step :]
            self._rows.append(rows.astype(np.float16))

    @property
    def end(self) -> float:
        """Second up to which sound came."""
        return self._next / RATE

    @property
    def rows(self) -> NDArray[np.float16]:
        """(T,16) all rows."""
        if len(self._rows) > 1:
            self._rows = [np.concatenate(self._rows)]
        return self._rows[0] if self._rows else np.zeros((0, BANDS), np.float16)

    @property
    def times(self) -> Doubles:
        """(T,) seconds of the rows."""
        return np.asarray(_START + STEP * (self._first + np.arange(len(self.rows))), np.float64)

    def forget(self, time: float) -> None:
        """Drop the rows before a time in seconds."""
        early = min(len(self.rows), max(0, int((time - _START) / STEP) - self._first))
        self._rows, self._first = [self.rows[early:]], self._first + early

    def moments(self, times: Doubles, level: float) -> Floats:
        """What is heard around times (N,) in seconds, as (N,16,21), less a level."""
        index = np.round((times - _START) / STEP).astype(int)[:, None] + CONTEXT - self._first
        rows = self.rows[np.clip(index, 0, len(self.rows) - 1)].astype(np.float32)
        return np.ascontiguousarray((rows - np.float32(level)).transpose(0, 2, 1) / 4)

"""What a branch has found so far, for models that look at all rows of a span at once.

The default bundle needs none of this: its scores merge over any cut (`mien.windows.Grid`). An
LSTM, or functionals over a stretch of sound, do not. Here the rows or the sound are kept, and the
model looks at the span that is asked for; stretches longer than `PIECE` are cut into even pieces
whose log-probabilities are averaged, weighted by their length, since the models learned on clips
of a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mien.windows import GRID

__all__ = ["PIECE", "Said", "SpanRows", "SpanSound", "pieces"]

PIECE = 10.0
"""Seconds a model looks at in one go, at most."""

RATE = 16_000

Vector = NDArray[np.float64]
Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Said:
    """Log-probabilities of a span, with the name that `WindowStats` has for its mean."""

    mean: Vector
    n: int


def pieces(times: NDArray[np.float64], limit: float = PIECE) -> Iterator[slice]:
    """Even parts of rows with rising times (T,) in seconds, none longer than `limit`."""
    if not len(times):
        return
    length = float(times[-1] - times[0])
    count = max(1, int(np.ceil(length / limit - 1e-9)))
    edges = times[0] + length * np.arange(1, count) / count
    cuts = [0, *np.searchsorted(times, edges).tolist(), len(times)]
    for low, high in pairwise(cuts):
        if high > low:
            yield slice(low, high)


class SpanRows:
    """Rows of one face with their times.

    Args:
        score: rows (T,D) -> log-probabilities (C,).
    """

    def __init__(self, score: Callable[[Rows], Vector]) -> None:
        self._score = score
        self._times: list[float] = []
        self._rows: list[Rows] = []

    @property
    def cells(self) -> bool:
        """Whether there is anything."""
        return bool(self._times)

    def add(self, times: NDArray[np.float64], rows: Rows) -> None:
        """Take rows (N,D) with rising times (N,) in seconds."""
        self._times.extend(times.tolist())
        self._rows.extend(rows)

    def all(self) -> Said | None:
        """The log-probabilities of everything; None of nothing."""
        return self.between(-np.inf, np.inf)

    def between(self, start: float, end: float) -> Said | None:
        """The log-probabilities of [start, end) in seconds; None where there is no row."""
        times = np.array(self._times)
        low, high = np.searchsorted(times, [start - 1e-9, end - 1e-9])
        if low == high:
            return None
        parts = [slice(low + p.start, low + p.stop) for p in pieces(times[low:high])]
        rows = [self._score(np.stack(self._rows[part])) for part in parts]
        return Said(np.average(rows, axis=0, weights=[p.stop - p.start for p in parts]), high - low)

    def forget(self, before: int) -> None:
        """Drop what lies before cell number `before`."""
        gone = int(np.searchsorted(self._times, before * GRID))
        del self._times[:gone], self._rows[:gone]


class SpanSound:
    """The sound so far, as 16-bit samples: 115 MB an hour.

    Args:
        score: sound (N,) float32 at 16 kHz -> log-probabilities (C,), or None where it is too
            short or silent.
    """

    def __init__(self, score: Callable[[Rows], Vector | None]) -> None:
        self._score = score
        self._parts: list[NDArray[np.int16]] = []
        self._start = 0.0

    @property
    def cells(self) -> bool:
        """Whether any of the sound has something to go by."""
        return self.all() is not None

    def push(self, sound: Rows, start: float) -> None:
        """Take (N,) samples that start at `start` seconds; a gap before them is silence."""
        if not self._parts:
            self._start = start
        gap = round((start - self._start) * RATE) - sum(map(len, self._parts))
        if gap > 0:
            self._parts.append(np.zeros(gap, np.int16))
        self._parts.append(np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16))

    def all(self) -> Said | None:
        """The log-probabilities of all sound; None without any."""
        return self.between(-np.inf, np.inf)

    def between(self, start: float, end: float) -> Said | None:
        """The log-probabilities of [start, end) in seconds; None where nothing is to be heard."""
        if len(self._parts) > 1:
            self._parts = [np.concatenate(self._parts)]
        sound = self._parts[0] if self._parts else np.zeros(0, np.int16)
        edges = (np.clip(np.array([start, end]) - self._start, 0, 1e9) * RATE).round().astype(int)
        sound = sound[edges[0] : edges[1]]
        count = max(1, int(np.ceil(len(sound) / RATE / PIECE - 1e-9)))
        rows, weights = [], []
        for part in np.array_split(sound, count):
            said = self._score(np.asarray(part / 32767, np.float32))
            if said is not None:
                rows.append(said)
                weights.append(len(part))
        return Said(np.average(rows, axis=0, weights=weights), len(rows)) if rows else None

    def forget(self, before: int) -> None:
        """Drop what lies before cell number `before`."""
        gone = max(0, round((before * GRID - self._start) * RATE))
        if self._parts and gone:
            self._parts = [np.concatenate(self._parts)[gone:]]
            self._start += gone / RATE

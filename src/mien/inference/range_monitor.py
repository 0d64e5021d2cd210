"""Out of the model's range or not, cell by cell of the time grid; what it rests on is not kept.

Counts of cells merge exactly, so that any cut of a file into spans gives the warnings of the
uncut file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.features.face_quality import face_quality, turns
from mien.features.log_mel import RATE
from mien.features.sound_quality import clipped, tones, treble
from mien.features.windows import GRID, cells_of
from mien.inference.operating_range import OperatingRange
from mien.types import FaceChunk

__all__ = ["FaceRangeMonitor", "SoundRangeMonitor", "stretches"]

_CELL = round(GRID * RATE)
_QUIET = 1e-3  # of full scale; a cell below it is silence

Floats = NDArray[np.float32]


def stretches(cells: Iterable[int]) -> list[tuple[float, float]]:
    """Cell numbers as stretches (start, end) in seconds; neighbours are joined."""
    result: list[tuple[float, float]] = []
    for cell in sorted(cells):
        start, end = cell * GRID, (cell + 1) * GRID
        if result and start <= result[-1][1]:
            start, _ = result.pop()
        result.append((start, end))
    return result


class FaceRangeMonitor:
    """Sights of one face that are beyond the limits of its size, light, sharpness or direction."""

    def __init__(self, ranges: OperatingRange) -> None:
        self._ranges = ranges
        self._cells: dict[int, NDArray[np.int64]] = {}  # sights, and how many are beyond each

    def add(self, seen: FaceChunk) -> None:
        """Take sights of this face."""
        beyond = self._beyond(seen)
        cells = cells_of(seen.times)
        for cell in sorted(set(cells.tolist())):
            rows = beyond[cells == cell]
            counts = np.array([len(rows), *rows.sum(0)])
            self._cells[cell] = self._cells.get(cell, np.zeros_like(counts)) + counts

    def _beyond(self, seen: FaceChunk) -> NDArray[np.bool_]:
        """(N,6) in the order of `CODES`. Flat is what is neither too dark nor too bright."""
        limits, there = self._ranges, face_quality(seen.crops)
        dark = _under(there.brightness, limits.dark)
        bright = _over(there.brightness, limits.bright)
        flat = _under(there.contrast, limits.flat) & ~dark & ~bright
        blurred = _under(there.sharpness, limits.blurred) & ~flat
        turned = _over(turns(seen.points), limits.turned)
        return np.stack([seen.sides < limits.small, dark, bright, flat, blurred, turned], 1)

    CODES = ("small_face", "dark_face", "bright_face", "flat_face", "blurred_face", "turned_face")

    def beyond(self) -> dict[str, tuple[float, list[int]]]:
        """{code: (part of all sights that are beyond that limit, cells where most are)}."""
        if not self._cells:
            return {}
        counts = np.stack([self._cells[cell] for cell in sorted(self._cells)])
        most = counts[:, 1:] * 2 >= counts[:, :1]
        cells = np.array(sorted(self._cells))
        shares = counts[:, 1:].sum(0) / counts[:, 0].sum()
        by_code = zip(self.CODES, shares.tolist(), most.T, strict=True)
        return {code: (share, cells[where].tolist()) for code, share, where in by_code}

    def between(self, start: float, end: float) -> FaceRangeMonitor:
        """The cells within [start, end) seconds, both on the grid."""
        result = FaceRangeMonitor(self._ranges)
        result._cells = {c: n for c, n in self._cells.items() if start <= c * GRID < end}
        return result

    def within(self, cells: Collection[int]) -> FaceRangeMonitor:
        """The cells that are named."""
        result = FaceRangeMonitor(self._ranges)
        result._cells = {c: n for c, n in self._cells.items() if c in cells}
        return result

    def join(self, other: FaceRangeMonitor) -> None:
        """Take the cells of the same face elsewhere in the file."""
        for cell, counts in other._cells.items():
            here = self._cells.get(cell)
            self._cells[cell] = counts if here is None else here + counts

    def forget(self, before: int) -> None:
        """Drop the cells before cell number `before`."""
        for cell in [c for c in self._cells if c < before]:
            del self._cells[cell]


class SoundRangeMonitor:
    """Cells of the sound that are clipped or cut off like a telephone's, and steady tones."""

    CODES = ("clipped_sound", "narrow_sound")

    def __init__(self, ranges: OperatingRange) -> None:
        self._ranges = ranges
        self._held = np.zeros(0, np.float32)  # of the cell that is not whole
        self._next = 0  # place of the sample that comes next
        self._cells: dict[int, tuple[bool, ...]] = {}
        self._spoken: set[int] = set()
        self._speech = False
        self.seconds: float | None = None  # of speech; None where nobody listens for it
        self.speech: list[tuple[float, float]] | None = None  # when, in s; None as above
        self._tones = self._power = 0.0

    def push(self, sound: Floats, start: float) -> None:
        """Take (N,) float32 at 16 kHz that start at `start` seconds, in order of time."""
        begin = round(start * RATE)
        if begin < self._next:
            sound, begin = sound[self._next - begin :], self._next
        if begin > self._next:
            self._held = np.zeros(begin % _CELL, np.float32)
        self._next = begin + len(sound)
        sound = np.concatenate([self._held, sound])
        first = (self._next - len(sound)) // _CELL
        count = len(sound) // _CELL
        for k in range(count):
            self._measure(first + k, sound[k * _CELL : (k + 1) * _CELL])
        self._held = sound[count * _CELL :]

    def spoken(self, starts: Sequence[float], length: float) -> None:
        """Take windows of `length` seconds that hold speech, by their starts in seconds."""
        self._speech = True
        for start in starts:
            first, last = int(start / GRID + 1e-9), int((start + length) / GRID - 1e-9)
            self._spoken.update(range(first, last + 1))

    def beyond(self) -> dict[str, tuple[float, list[int]]]:
        """{code: (part of the cells with speech that are beyond that limit, those cells)}."""
        cells = sorted(self._spoken & self._cells.keys())
        result = {}
        for k, code in enumerate(self.CODES if cells else ()):
            mine = [cell for cell in cells if self._cells[cell][k]]
            result[code] = len(mine) / len(cells), mine
        return result

    @property
    def tonal(self) -> bool:
        """Whether sound without any speech is steady tones for the most part."""
        limit = self._ranges.tonal
        return limit is not None and self._power > 0 and self._tones >= limit * self._power

    def forget(self, before: int) -> None:
        """Drop the cells before cell number `before`."""
        self._cells = {c: v for c, v in self._cells.items() if c >= before}
        self._spoken = {c for c in self._spoken if c >= before}

    def _measure(self, cell: int, sound: Floats) -> None:
        limits = self._ranges
        if float(np.abs(sound).max()) < _QUIET:
            return
        self._cells[cell] = (
            limits.clipped is not None and clipped(sound) > limits.clipped,
            limits.narrow is not None and treble(sound) < limits.narrow,
        )
        if limits.tonal is not None and not self._speech:
            steady, power = tones(sound)
            self._tones += steady
            self._power += power


def _under(values: NDArray[np.float64], limit: float | None) -> NDArray[np.bool_]:
    return values < (-np.inf if limit is None else limit)


def _over(values: NDArray[np.float64], limit: float | None) -> NDArray[np.bool_]:
    return values > (np.inf if limit is None else limit)

"""What a branch has seen or heard so far, and its answer for any span of it.

Where an answer is a function of statistics that merge (the default bundle), those of each cell of
the time grid are kept (`GridStats`). An LSTM, or functionals over a stretch of sound, look at all
rows of a span at once: there the rows (`SpanRows`) or the sound (`SpanSound`) are kept. Spans
longer than `PIECE` are cut into even pieces whose log-probabilities are averaged, weighted by how
much each rests on, since the models learned on clips of a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from mien.features.windows import GRID, Grid, WindowStats, cells_between, cells_of, merged
from mien.inference.aggregation import BranchOutput
from mien.media import RATE

__all__ = [
    "PIECE",
    "Evidence",
    "GridStats",
    "RowWindows",
    "SpanRows",
    "SpanSound",
    "joined",
    "pieces",
]

PIECE = 10.0
"""Seconds a model looks at in one go, at most."""

Vector = NDArray[np.float64]
Rows = NDArray[np.float32]


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


def joined(parts: Sequence[BranchOutput], weights: Sequence[int], n: int) -> BranchOutput | None:
    """Pieces of one span as one; None of nothing."""
    if not parts:
        return None
    mean = np.average([p.mean for p in parts], axis=0, weights=weights)
    descriptors = [p.descriptor for p in parts if p.descriptor is not None]
    joint = np.average(descriptors, axis=0, weights=weights) if descriptors else None
    return BranchOutput(mean, n, joint)


class GridStats:
    """Statistics of the rows of one person, or one voice, in each cell of the time grid.

    Args:
        read: merged statistics -> what they say.
        values: rows (N,D) -> those whose statistics are kept (N,E); all of them as they are.
        least: so many rows have to be in a span for an answer.
        piece: spans longer than so many seconds are read in even pieces.
    """

    def __init__(
        self,
        read: Callable[[WindowStats], BranchOutput],
        values: Callable[[Rows], NDArray[np.floating]] | None = None,
        least: int = 1,
        piece: float = np.inf,
    ) -> None:
        self._read, self._values = read, values
        self._least, self._piece = least, piece
        self._grid = Grid()

    @property
    def cells(self) -> dict[int, WindowStats]:
        """What was found, by number of the cell; may be added to."""
        return self._grid.cells

    def add(self, times: NDArray[np.float64], rows: Rows) -> None:
        """Take rows (N,D) with times (N,) in seconds."""
        self._grid.add(times, rows if self._values is None else self._values(rows))

    def join(self, other: GridStats, cells: Collection[int] | None = None) -> None:
        """Take what `other` has in these cells of the time grid; None is all."""
        for cell, stats in other.cells.items():
            if cells is None or cell in cells:
                here = self.cells.get(cell)
                self.cells[cell] = stats if here is None else here + stats

    def all(self) -> BranchOutput | None:
        """What everything says; None of less than enough rows."""
        return self._read_cells(sorted(self.cells))

    def between(self, start: float, end: float) -> BranchOutput | None:
        """What [start, end) says, both on the grid except for the end of the file."""
        return self._read_cells([c for c in cells_between(start, end) if c in self.cells])

    def _read_cells(self, cells: Sequence[int]) -> BranchOutput | None:
        if sum(self.cells[c].n for c in cells) < self._least:
            return None
        times = np.array(cells) * GRID
        parts = [[self.cells[c] for c in cells[part]] for part in pieces(times, self._piece)]
        each = [self._read(stats) for part in parts if (stats := merged(part)) is not None]
        if len(each) < 2:
            return each[0] if each else None
        return joined(each, [part.n for part in each], sum(part.n for part in each))

    def forget(self, before: int) -> None:
        """Drop the cells before cell number `before`."""
        self._grid.forget(before)

    def replace_from(self, cell: int) -> None:
        """Drop the cells from cell number `cell` on, which will be given anew."""
        for number in [c for c in self.cells if c >= cell]:
            del self.cells[number]


class SpanRows:
    """Rows of one face, or of the whole picture, with their times.

    Args:
        read: rows (T,D) and times (T,) -> what they say.
    """

    def __init__(self, read: Callable[[Rows, Vector], BranchOutput]) -> None:
        self._read = read
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

    def join(self, other: SpanRows, cells: Collection[int] | None = None) -> None:
        """Take the rows that `other` has in these cells of the time grid; None is all."""
        rows = [
            (time, row)
            for cell, time, row in zip(
                cells_of(np.array(other._times)).tolist(), other._times, other._rows, strict=True
            )
            if cells is None or cell in cells
        ]
        rows = sorted([*zip(self._times, self._rows, strict=True), *rows], key=itemgetter(0))
        self._times, self._rows = [time for time, _ in rows], [row for _, row in rows]

    def all(self) -> BranchOutput | None:
        """What everything says; None of nothing."""
        return self.between(-np.inf, np.inf)

    def between(self, start: float, end: float) -> BranchOutput | None:
        """What [start, end) in seconds says; None where there is no row."""
        times = np.array(self._times)
        low, high = np.searchsorted(times, [start - 1e-9, end - 1e-9]).tolist()
        parts = [slice(low + p.start, low + p.stop) for p in pieces(times[low:high])]
        said = [self._read(np.stack(self._rows[part]), times[part]) for part in parts]
        return joined(said, [p.stop - p.start for p in parts], high - low)

    def forget(self, before: int) -> None:
        """Drop what lies before cell number `before`."""
        gone = int(np.searchsorted(self._times, before * GRID))
        del self._times[:gone], self._rows[:gone]


class SpanSound:
    """The sound so far, as 16-bit samples: 115 MB an hour.

    Args:
        read: sound (N,) float32 at 16 kHz -> what it says, or None where it is too short, silent
            or without speech.
    """

    def __init__(self, read: Callable[[Rows], BranchOutput | None]) -> None:
        self._read = read
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

    def all(self) -> BranchOutput | None:
        """What all of the sound says; None without any."""
        return self.between(-np.inf, np.inf)

    def between(self, start: float, end: float) -> BranchOutput | None:
        """What [start, end) in seconds says; None where nothing is to be heard."""
        if len(self._parts) > 1:
            self._parts = [np.concatenate(self._parts)]
        sound = self._parts[0] if self._parts else np.zeros(0, np.int16)
        edges = (np.clip(np.array([start, end]) - self._start, 0, 1e9) * RATE).round().astype(int)
        sound = sound[edges[0] : edges[1]]
        count = max(1, int(np.ceil(len(sound) / RATE / PIECE - 1e-9)))
        parts, weights = [], []
        for part in np.array_split(sound, count):
            said = self._read(np.asarray(part / 32767, np.float32))
            if said is not None:
                parts.append(said)
                weights.append(len(part))
        return joined(parts, weights, len(parts))

    def forget(self, before: int) -> None:
        """Drop what lies before cell number `before`."""
        gone = max(0, round((before * GRID - self._start) * RATE))
        if self._parts and gone:
            self._parts = [np.concatenate(self._parts)[gone:]]
            self._start += gone / RATE


Evidence = GridStats | SpanRows | SpanSound


class RowWindows:
    """Windows of consecutive rows out of a stream of them, as `sliding` cuts them.

    Args:
        length: rows of a window.
        stride: rows from the start of one window to the next.
    """

    def __init__(self, length: int, stride: int) -> None:
        self.length, self.stride = length, stride
        self._rows: list[NDArray[np.uint8]] = []
        self._times: list[float] = []
        self._first = 0  # row number of the first one kept
        self._begin = 0  # row number where the next window begins

    @property
    def last(self) -> float:
        """Time of the latest row."""
        return self._times[-1]

    def push(
        self, rows: NDArray[np.uint8], times: Vector
    ) -> tuple[list[NDArray[np.uint8]], list[float]]:
        """Take rows (N,...) at times (N,); gives windows (length,...) with their middle times."""
        self._rows.extend(rows)
        self._times.extend(times.tolist())
        windows, middles = [], []
        while self._begin + self.length <= self._first + len(self._rows):
            window, middle = self._cut()
            windows.append(window)
            middles.append(middle)
        drop = min(self._begin - self._first, len(self._rows) - 1)
        del self._rows[:drop], self._times[:drop]
        self._first += drop
        return windows, middles

    def finish(self) -> tuple[list[NDArray[np.uint8]], list[float]]:
        """The windows that reach over the end, filled up with the last row."""
        windows, middles = [], []
        count = self._first + len(self._rows)
        while self._begin < max(1, count - (self.length + 1) // 2 + 1):
            window, middle = self._cut()
            windows.append(window)
            middles.append(middle)
        return windows, middles

    def _cut(self) -> tuple[NDArray[np.uint8], float]:
        last = len(self._rows) - 1
        at = np.minimum(self._begin - self._first + np.arange(self.length), last)
        middle = self._times[int(at[self.length // 2])]
        self._begin += self.stride
        return np.stack([self._rows[i] for i in at]), middle

"""The time grid, and statistics over it that merge.

Every row falls into the cell floor(t / GRID) of its presentation time t; a window or a whole
clip is a merge of cells. Cells merge exactly (sums), so that any cut of a file into spans gives
the answer of the uncut file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["GRID", "Grid", "WindowStats", "cells_between", "cells_of", "middles", "spans"]

GRID = 0.5
"""Seconds between two starts of windows; the length of a cell."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WindowStats:
    """Statistics of the rows (D,) that fell into one stretch of time.

    Args:
        n: how many.
        moments: (2,D) sum and sum of squares; one array, since an hour of video has thousands
            of cells.
    """

    n: int
    moments: Vector

    @classmethod
    def of(cls, rows: NDArray[np.floating]) -> WindowStats:
        """Statistics of (N,D) rows, N >= 1."""
        rows = rows.astype(np.float64)
        return cls(len(rows), np.stack([rows.sum(0), (rows**2).sum(0)]))

    def __add__(self, other: WindowStats) -> WindowStats:
        return WindowStats(self.n + other.n, self.moments + other.moments)

    @property
    def mean(self) -> Vector:
        """(D,) mean."""
        return np.asarray(self.moments[0] / self.n)

    @property
    def deviation(self) -> Vector:
        """(D,) population standard deviation."""
        return np.asarray(np.sqrt(np.maximum(self.moments[1] / self.n - self.mean**2, 0)))

    @property
    def row(self) -> NDArray[np.float32]:
        """(2D,) mean and deviation, what a head with pooling "statistics" reads."""
        return np.concatenate([self.mean, self.deviation]).astype(np.float32)


def merged(stats: Iterable[WindowStats]) -> WindowStats | None:
    """The merge of all, None of nothing."""
    result: WindowStats | None = None
    for one in stats:
        result = one if result is None else result + one
    return result


def cells_of(times: Vector) -> NDArray[np.int64]:
    """(N,) cells of the time grid that times (N,) in seconds fall into."""
    return np.floor(times / GRID + 1e-9).astype(np.int64)


def cells_between(start: float, end: float) -> range:
    """The cells of [start, end) in s, at least one; both on the grid but for the end of a file."""
    first, last = round(start / GRID), int(np.ceil(end / GRID - 1e-9))
    return range(first, max(last, first + 1))


class Grid:
    """Cells of `WindowStats` for one person or one voice."""

    def __init__(self) -> None:
        self.cells: dict[int, WindowStats] = {}

    def add(self, times: NDArray[np.float64], rows: NDArray[np.floating]) -> None:
        """Put rows (N,C) with times (N,) in seconds into their cells."""
        cells = cells_of(times)
        for cell in sorted(set(cells.tolist())):
            stats = WindowStats.of(rows[cells == cell])
            old = self.cells.get(cell)
            self.cells[cell] = stats if old is None else old + stats

    def forget(self, before: int) -> None:
        """Drop the cells before cell number `before`."""
        for cell in [c for c in self.cells if c < before]:
            del self.cells[cell]

    def all(self) -> WindowStats | None:
        """Everything merged; None if nothing was added."""
        return merged(self.cells[cell] for cell in sorted(self.cells))

    def between(self, start: float, end: float) -> WindowStats | None:
        """What fell into [start, end), both on the grid except for the end of the file."""
        return merged(self.cells[c] for c in cells_between(start, end) if c in self.cells)


def middles(windows: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """What each of some windows (start, end) in s, in order of their starts, stands for.

    A window tells most about its middle, so where two windows overlap, the border lies halfway
    between their middles. The first one also stands for what is before that, and the last one for
    what is after it. Windows that do not touch leave a gap.
    """
    borders = [_border(a, b) for a, b in pairwise(windows)]
    starts = [windows[0][0], *(after for _, after in borders)] if windows else []
    ends = [*(before for before, _ in borders), windows[-1][1]] if windows else []
    return list(zip(starts, ends, strict=True))


def _border(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """End of what the one stands for, start of what the next does."""
    if b[0] > a[1] + 1e-6:
        return a[1], b[0]
    middle = (a[0] + a[1] + b[0] + b[1]) / 4
    return middle, middle


def spans(duration: float, length: float) -> Iterator[tuple[float, float]]:
    """Windows of `length` seconds that start every `GRID` seconds and lie within the file.

    The last window is cut off at the end of the file where the duration is not on the grid; a
    file shorter than a window is one window.
    """
    count = max(1, int(np.ceil((duration - length) / GRID - 1e-9)) + 1)
    for k in range(count):
        yield k * GRID, max(min(k * GRID + length, duration), k * GRID)

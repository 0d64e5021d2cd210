"""Vectors of many clips in a file that nobody else sees, mapped into memory."""

from __future__ import annotations

from tempfile import TemporaryFile
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

__all__ = ["RowFile"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class RowFile:
    """Rows (T,D) float32 of clips by their ids; gone with the last reference to it.

    What a wide encoder gives for every frame of a corpus is more than memory holds: 760 MB for
    AFEW and VGG's fc6. The file is in the system's folder for such (`TMPDIR`).

    Args:
        width: D.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._file = TemporaryFile()  # noqa: SIM115  (lives as long as this)
        finalize(self, self._file.close)
        self._places: dict[str, tuple[int, Doubles]] = {}
        self._rows = 0

    def put(self, clip: str, rows: Floats, times: Doubles) -> None:
        """Keep the rows of a clip, and their times (T,)."""
        self._file.seek(0, 2)
        self._file.write(np.ascontiguousarray(rows, np.float32).tobytes())
        self._places[clip] = self._rows, times
        self._rows += len(rows)

    def __getitem__(self, clip: str) -> tuple[Floats, Doubles]:
        """Rows, which are read as they are indexed, and their times."""
        first, times = self._places[clip]
        self._file.flush()
        shape = (len(times), self.width)
        at = 4 * self.width * first
        rows: Floats = np.memmap(self._file, np.float32, "r", at, shape)
        return rows, times

    def moments(self) -> tuple[Floats, Floats]:
        """Mean and deviation (D,) of all rows, clip by clip."""
        mean, square = np.zeros(self.width), np.zeros(self.width)
        for clip in self._places:
            mean += self[clip][0].sum(0, dtype=np.float64) / self._rows
        for clip in self._places:
            square += ((self[clip][0] - mean) ** 2).sum(0) / self._rows
        return mean.astype(np.float32), np.sqrt(square).astype(np.float32)

"""Faces that do not move: photographs, posters and slides beside people who are there.

A face of a photograph is the same picture again and again, moved, turned and made larger as a whole
where the camera or the photograph moves. What is left of the difference of two looks half a second
apart when that is taken out is noise; a living face also blinks, speaks and turns. The third
quartile of what is left, in standard deviations of the grey values, was 0.00 to 0.04 for
photographs filmed from a stand or from the hand, 0.05 to 0.33 for 28 people who speak or listen,
and 0.01 for one who sits still; of photographs in the dark it was 0.05 to 0.09: these are not told
apart. Nothing follows from stillness alone: it counts only where another face does move, and that
one has to be clear to see, since what the detector takes for a face by mistake moves about as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.features.face_quality import grey
from mien.features.windows import GRID, cells_of
from mien.types import FaceChunk

__all__ = ["FaceMotion", "candidates", "change"]

_STILL = 0.04  # third quartile below which a face is still
_ALIVE = 0.05  # median of its clear looks from which it is alive
_CLEAR = (0.7, 24.0)  # score of the detector and px of a face that is clear to see, at least
_LOOKS = 3  # differences that are needed to say
_SIDE = 24  # px
_FACE = slice(4, 44)  # of a crop of 48 px
_EDGE = slice(2, -2)
_FAR = 2  # cells between two looks, at most

Floats = NDArray[np.float64]


class FaceMotion:
    """How much one face changes from one cell of the time grid to the next."""

    def __init__(self) -> None:
        self._changes: dict[int, tuple[float, bool]] = {}  # and whether both looks were clear
        self._last: tuple[int, Floats, bool] | None = None

    def add(self, seen: FaceChunk) -> None:
        """Take sights of this face, in order of time; the first one in each cell is looked at."""
        cells = cells_of(seen.times).tolist()
        sights = ((seen.scores >= _CLEAR[0]) & (seen.sides >= _CLEAR[1])).tolist()
        for cell, crop, clear in zip(cells, seen.crops, sights, strict=True):
            if self._last is not None and cell <= self._last[0]:
                continue
            here = _look(crop)
            if self._last is not None and cell - self._last[0] <= _FAR:
                _, before, was_clear = self._last
                self._changes[cell] = change(before, here), clear and was_clear
            self._last = cell, here, clear

    @property
    def still(self) -> bool:
        """Whether it never moves; also False where that is not known."""
        values = [value for value, _ in self._changes.values()]
        return len(values) >= _LOOKS and float(np.quantile(values, 0.75)) < _STILL

    @property
    def alive(self) -> bool:
        """Whether it moves as a living face does; also False where that is not known."""
        values = [value for value, clear in self._changes.values() if clear]
        return len(values) >= _LOOKS and float(np.median(values)) >= _ALIVE

    def between(self, start: float, end: float) -> FaceMotion:
        """The cells within [start, end) seconds, both on the grid."""
        result = FaceMotion()
        result._changes = {c: v for c, v in self._changes.items() if start <= c * GRID < end}
        return result

    def join(self, other: FaceMotion) -> None:
        """Take the cells of the same face elsewhere in the file."""
        self._changes.update(other._changes)

    def forget(self, before: int) -> None:
        """Drop the cells before cell number `before`."""
        for cell in [c for c in self._changes if c < before]:
            del self._changes[cell]


class _Moves(Protocol):
    motion: FaceMotion


Face = TypeVar("Face", bound=_Moves)


def candidates(faces: Sequence[Face]) -> list[Face]:
    """The faces of which one may be the main person: no still ones where another is alive."""
    if not any(face.motion.alive for face in faces):
        return list(faces)
    return [face for face in faces if not face.motion.still]


def change(before: Floats, after: Floats) -> float:
    """What no move of the whole explains of the difference of two looks, (24,24) each.

    The difference is taken as a small affine move and a change of light and contrast (Lucas and
    Kanade 1981), by least squares; the result is the mean absolute rest.
    """
    down, across = np.gradient((before + after) / 2)
    y, x = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE - 0.5
    moves = (across, across * x, across * y, down, down * x, down * y, before, np.ones_like(x))
    columns = np.stack(moves, -1)[_EDGE, _EDGE].reshape(-1, len(moves))
    difference = (before - after)[_EDGE, _EDGE].ravel()
    explained = columns @ np.linalg.lstsq(columns, difference, rcond=None)[0]
    return float(np.abs(difference - explained).mean())


def _look(crop: NDArray[np.uint8]) -> Floats:
    """An aligned crop as (24,24) without noise, light and contrast."""
    face = grey(crop)[_FACE, _FACE].astype(np.float32)
    smooth = cv2.GaussianBlur(face, (0, 0), 1.5)
    small = cv2.resize(smooth, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.asarray((small - small.mean()) / max(float(small.std()), 1.0))

"""Upright pictures of which only what is needed is made, when it is needed.

A decoder gives luminance and colour apart, and most of what looks at a picture needs a small part
of it: a detector a small version, an encoder of faces the grey of one region. `Picture` is that
interface over an RGB array; `mien.media.planes` has the one over decoded planes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Picture", "Pictures", "shrunk", "view", "views"]

Array = NDArray[np.uint8]


class Picture:
    """An upright picture; this one is an RGB array already.

    Args:
        rgb: (H,W,3) uint8.
    """

    def __init__(self, rgb: Array) -> None:
        self._rgb = rgb

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self._rgb.shape[0], self._rgb.shape[1]

    @property
    def nbytes(self) -> int:
        """Memory that is held."""
        return self._rgb.nbytes

    @property
    def rgb(self) -> Array:
        """All of it, (H,W,3) RGB."""
        return self._rgb

    def small(self, width: int, height: int) -> Array:
        """All of it in another size, (height,width,3) RGB, averaged where it shrinks."""
        return shrunk(self._rgb, width, height)

    def colour(self, rows: slice, columns: slice) -> Array:
        """A copy of a region in RGB."""
        return self._rgb[rows, columns].copy()

    def grey(self, rows: slice, columns: slice) -> Array:
        """A copy of a region in grey, 0 black to 255 white."""
        return np.asarray(cv2.cvtColor(self._rgb[rows, columns], cv2.COLOR_RGB2GRAY), np.uint8)

    def coarse(self, step: int) -> Array:
        """Every `step`-th pixel of every `step`-th row, in grey."""
        points = np.ascontiguousarray(self._rgb[::step, ::step])
        return np.asarray(cv2.cvtColor(points, cv2.COLOR_RGB2GRAY), np.uint8)


class Pictures(Sequence[Array]):
    """(H,W,3) RGB arrays, each made when it is asked for."""

    def __init__(self, views: Sequence[Picture]) -> None:
        self.views = tuple(views)

    def __len__(self) -> int:
        return len(self.views)

    @overload
    def __getitem__(self, at: int) -> Array: ...
    @overload
    def __getitem__(self, at: slice) -> Pictures: ...
    def __getitem__(self, at: int | slice) -> Array | Pictures:
        """One as an array, or several as they are."""
        return Pictures(self.views[at]) if isinstance(at, slice) else self.views[at].rgb


def view(frame: Array | Picture) -> Picture:
    """A picture, whether it is one or an (H,W,3) RGB array."""
    return frame if isinstance(frame, Picture) else Picture(frame)


def views(frames: Sequence[Array | Picture]) -> Sequence[Picture]:
    """Several pictures, without making their arrays."""
    return frames.views if isinstance(frames, Pictures) else [view(frame) for frame in frames]


def shrunk(plane: Array, width: int, height: int) -> Array:
    """An (H,W) or (H,W,C) array in another size.

    Averaged in halves while it is at least twice too large, then interpolated: a fifth of the
    time of averaging over fractions of pixels.
    """
    while plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        even = plane[: 2 * half[1], : 2 * half[0]]
        plane = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    if plane.shape[:2] == (height, width):
        return plane
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)

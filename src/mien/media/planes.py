"""A decoded frame kept as the planes it was stored in: luminance, and colour at half the size.

Grey is the luminance itself; only small versions and regions are turned into RGB.
"""

from __future__ import annotations

from collections.abc import Callable

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from mien.media.pictures import Array, Picture, shrunk

__all__ = ["Planes", "planes"]

_FORMATS = frozenset(
    ("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p")  # 8 bits, planar
)
_KR_KB = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}  # AVColorSpace: BT.709, BT.2020
_BT601 = (0.299, 0.114)
_SAME_AS_BT601 = frozenset({2, 5, 6})  # unspecified, BT.470BG, SMPTE 170M
_FULL = 2  # AVColorRange
_SHOWN = np.clip(np.round((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


def planes(frame: av.VideoFrame) -> tuple[Array, Array, Array] | None:
    """Views of the luminance and both colour planes of a frame; None where it has no such."""
    known = frame.colorspace in _SAME_AS_BT601 or frame.colorspace in _KR_KB
    if frame.format.name not in _FORMATS or not known:
        return None
    views = []
    for plane in frame.planes:
        if plane.line_size < plane.width:
            return None
        rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
        views.append(rows.reshape(plane.height, plane.line_size)[:, : plane.width])
    return views[0], views[1], views[2]


class Planes(Picture):
    """An upright picture as planes.

    Args:
        frame: says how the numbers are to be read.
        y: (H,W) luminance.
        u, v: the colour planes, of the same size or half of it.
        rgb: makes the whole picture (H,W,3).
    """

    def __init__(
        self, frame: av.VideoFrame, y: Array, u: Array, v: Array, rgb: Callable[[], Array]
    ) -> None:
        self._y, self._u, self._v, self._make = y, u, v, rgb
        self._full = frame.color_range == _FULL or frame.format.name.startswith("yuvj")
        self._kr_kb = _KR_KB.get(frame.colorspace, _BT601)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self._y.shape[0], self._y.shape[1]

    @property
    def nbytes(self) -> int:
        """Memory that is held."""
        return self._y.nbytes + self._u.nbytes + self._v.nbytes

    @property
    def rgb(self) -> Array:
        """All of it, (H,W,3) RGB; made anew each time."""
        return self._make()

    def small(self, width: int, height: int) -> Array:
        """All of it in another size, (height,width,3) RGB, averaged where it shrinks."""
        stored = cv2.merge([shrunk(p, width, height) for p in (self._y, self._u, self._v)])
        return np.asarray(cv2.transform(stored, self._matrix()), np.uint8)

    def colour(self, rows: slice, columns: slice) -> Array:
        """A copy of a region in RGB."""
        top, left = rows.start // 2 * 2, columns.start // 2 * 2
        bottom, right = -(-rows.stop // 2) * 2, -(-columns.stop // 2) * 2
        if not self._plain or bottom > self._y.shape[0] or right > self._y.shape[1]:
            return self.rgb[rows, columns].copy()
        y = self._y[top:bottom, left:right]
        half = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
        stored = np.concatenate([p.ravel() for p in (y, self._u[half], self._v[half])])
        region = stored.reshape(y.shape[0] * 3 // 2, y.shape[1])
        rgb = cv2.cvtColor(region, cv2.COLOR_YUV2RGB_I420)
        return np.asarray(rgb, np.uint8)[rows.start - top :, columns.start - left :][
            : rows.stop - rows.start, : columns.stop - columns.start
        ]

    def grey(self, rows: slice, columns: slice) -> Array:
        """A copy of a region in grey, 0 black to 255 white."""
        return self._shown(self._y[rows, columns])

    def coarse(self, step: int) -> Array:
        """Every `step`-th pixel of every `step`-th row, in grey."""
        return self._shown(np.ascontiguousarray(self._y[::step, ::step]))

    @property
    def _plain(self) -> bool:
        """Whether OpenCV's own conversion (BT.601, limited range, colour at half size) is right."""
        halved = all(2 * s == y for s, y in zip(self._u.shape, self._y.shape, strict=True))
        return halved and not self._full and self._kr_kb == _BT601

    def _shown(self, luminance: Array) -> Array:
        if self._full:
            return luminance.copy()
        return np.asarray(cv2.LUT(luminance, _SHOWN), np.uint8)

    def _matrix(self) -> NDArray[np.float32]:
        """(3,4) from stored y, u, v to R, G, B (ITU-R BT.601, BT.709, BT.2020)."""
        kr, kb = self._kr_kb
        kg = 1 - kr - kb
        light, tint = (1.0, 1.0) if self._full else (255 / 219, 255 / 224)
        r, b = 2 * (1 - kr) * tint, 2 * (1 - kb) * tint
        turn = np.array([[light, 0, r], [light, -kb / kg * b, -kr / kg * r], [light, b, 0]])
        zero = np.array([0.0 if self._full else 16.0, 128, 128])
        return np.column_stack([turn, -turn @ zero]).astype(np.float32)

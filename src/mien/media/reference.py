"""One frame of reference for all pictures of a file, though they may change their size or turn."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from mien.media.picture import Orientation, frame_orientation, lazy_upright, upright_size
from mien.media.pictures import Picture
from mien.media.stretches import Stretches

__all__ = ["Reference"]


class Reference:
    """Puts pictures upright, and those that are not of the first one's shape into that shape.

    A picture of another shape is put into the middle of a black one, and keeps its pixels; one of
    the same shape and another size stays as it is. So one factor takes the pixels of any picture to
    those of the first.

    Args:
        max_side: larger pictures are made smaller, to this many pixels on the long side.

    Attributes:
        size: width and height of the first picture, upright; None before it.
        changed: where pictures had another size.
        sizes: that came one after the other, the first of them is `size`.
    """

    def __init__(self, max_side: int | None) -> None:
        self._max_side = max_side
        self.size: tuple[int, int] | None = None
        self.changed = Stretches()
        self.sizes: list[tuple[int, int]] = []

    def see(
        self,
        frame: av.VideoFrame,
        aspect: Fraction | None,
        orientation: Orientation | None,
        time: float,
    ) -> tuple[Picture, float, float]:
        """One frame, as it was decoded.

        Args:
            frame: see `mien.media.picture.upright`, as for `aspect` and `orientation`.
            aspect: of one pixel.
            orientation: how to turn it upright; None goes by the frame's own flags.
            time: s.

        Returns:
            the picture; pixels of the frame of reference for one of its pixels; and pixels of the
            upright original for one of the frame of reference.
        """
        picture, detail = lazy_upright(frame, aspect, self._max_side, orientation)
        upwards = frame_orientation(frame) if orientation is None else orientation
        size = upright_size((frame.width, frame.height), aspect, upwards)
        if self.size is None:
            self.size = size
        if not self.sizes or (self.sizes[-1] != size and len(self.sizes) < _SIZES):
            self.sizes.append(size)
        if size == self.size:
            return picture, detail, 1.0
        self.changed.add(time, time)
        framed = _framed(picture, self.size)
        scale = self.size[0] / framed.shape[1]
        return framed, scale, detail / scale


_SIZES = 100  # that are kept


def _framed(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture in the middle of a black one of the shape of (width, height)."""
    height, width = picture.shape
    wide, high = max(width, round(height * size[0] / size[1])), height
    if wide == width:
        high = max(height, round(width * size[1] / size[0]))
    if (wide, high) == (width, height):
        return picture
    canvas = np.zeros((high, wide, 3), np.uint8)
    top, left = (high - height) // 2, (wide - width) // 2
    canvas[top : top + height, left : left + width] = picture.rgb
    return Picture(canvas)

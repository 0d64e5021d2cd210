"""A decoded video frame -> an upright RGB picture with square pixels."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["upright", "upright_size"]


def _square(frame_size: tuple[int, int], aspect: Fraction | None) -> tuple[int, int]:
    """Size in square pixels; an aspect that cannot be true is passed over."""
    width, height = frame_size
    if aspect and aspect != 1 and Fraction(1, 4) <= aspect <= 4:
        width = max(1, round(width * aspect))
    return width, height


def upright_size(size: tuple[int, int], aspect: Fraction | None, rotation: int) -> tuple[int, int]:
    """Width and height of the picture as it is meant to be seen."""
    width, height = _square(size, aspect)
    return (height, width) if rotation % 180 else (width, height)


def upright(
    frame: av.VideoFrame, aspect: Fraction | None, max_side: int | None
) -> tuple[NDArray[np.uint8], float]:
    """Convert one frame.

    Args:
        frame: as decoded, of any pixel format.
        aspect: of one pixel, width over height; None is square.
        max_side: make larger pictures smaller, to this many pixels on the long side.

    Returns:
        (H,W,3) uint8 RGB, and the pixels of the upright original for one of its pixels.
    """
    width, height = _square((frame.width, frame.height), aspect)
    scale = 1.0 if max_side is None else max(1.0, max(width, height) / max_side)
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    if size == (frame.width, frame.height):
        picture = frame.to_ndarray(format="rgb24")
    else:
        small = frame.reformat(width=size[0], height=size[1], format="rgb24", interpolation="AREA")
        picture = small.to_ndarray()
    turns = round(frame.rotation / 90) % 4  # counter-clockwise
    return np.ascontiguousarray(np.rot90(picture, turns)), scale

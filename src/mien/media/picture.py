"""A decoded video frame -> an upright picture with square pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import cv2
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from numpy.typing import NDArray

from mien.media.pictures import Picture, shrunk
from mien.media.planes import Planes, planes

if TYPE_CHECKING:
    from av.buffer import Buffer

__all__ = ["Orientation", "frame_orientation", "lazy_upright", "upright", "upright_size"]

Array = NDArray[np.uint8]

_TOO_LARGE = 4096 * 2304  # pixels; larger pictures are made smaller before they become RGB
_LIMITED, _UNKNOWN_RANGE = 1, 0  # AVColorRange
_BT601 = frozenset({2, 5, 6})  # AVColorSpace: unspecified, BT.470BG, SMPTE 170M


@dataclass(frozen=True)
class Orientation:
    """How to turn a stored picture upright: mirror it left to right, then rotate it.

    Args:
        turns: quarter turns counter-clockwise, 0..3.
        mirrored: whether it is mirrored first.
    """

    turns: int = 0
    mirrored: bool = False

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise: 0, 90, -180 or -90."""
        return (0, 90, -180, -90)[self.turns]

    def applied(self, stored: Array) -> Array:
        """An (H,W) or (H,W,C) array turned upright."""
        if self == Orientation():
            return stored
        mirrored = stored[:, ::-1] if self.mirrored else stored
        return np.ascontiguousarray(np.rot90(mirrored, self.turns))


def frame_orientation(frame: av.VideoFrame) -> Orientation:
    """Read the display matrix of a frame: rotation flags, EXIF orientation, mirroring.

    The matrix maps a stored point (x right, y down) to (a x + c y, b x + d y); it is taken for
    the nearest whole quarter turn.
    """
    try:
        # frame.side_data would refer back to the frame and keep it until the next collection
        data = SideDataContainer(frame).get("DISPLAYMATRIX")  # type: ignore[call-arg]
    except ValueError:  # PyAV 18 does not know every kind of side data that FFmpeg gives
        return Orientation(round(frame.rotation / 90) % 4)
    if data is None:
        return Orientation()
    matrix = np.frombuffer(bytes(cast("Buffer", data)), np.int32, 9).astype(np.float64)
    a, b, c, d = matrix[[0, 1, 3, 4]]
    if not a * d - b * c:
        return Orientation()
    mirrored = a * d < b * c
    if mirrored:
        a, b = -a, -b
    return Orientation(-round(math.atan2(b, a) / (math.pi / 2)) % 4, bool(mirrored))


def _square(size: tuple[int, int], aspect: Fraction | None) -> tuple[int, int]:
    """Size in square pixels; an implausible aspect is ignored."""
    width, height = size
    if aspect and aspect != 1 and Fraction(1, 4) <= aspect <= 4:
        width = max(1, round(width * aspect))
    return width, height


def upright_size(
    size: tuple[int, int], aspect: Fraction | None, orientation: Orientation
) -> tuple[int, int]:
    """Width and height of the picture as it is meant to be seen."""
    width, height = _square(size, aspect)
    return (height, width) if orientation.turns % 2 else (width, height)


def upright(
    frame: av.VideoFrame,
    aspect: Fraction | None,
    max_side: int | None,
    orientation: Orientation | None = None,
) -> tuple[Array, float]:
    """Convert one frame.

    Args:
        frame: as decoded, of any pixel format.
        aspect: of one pixel, width over height; None is square.
        max_side: make larger pictures smaller, to this many pixels on the long side.
        orientation: how to turn it upright; None goes by the frame's own flags.

    Returns:
        (H,W,3) uint8 RGB, and the pixels of the upright original for one of its pixels.
    """
    size, scale = _target_size(frame, aspect, max_side)
    picture = _rgb(frame, size)
    if picture.shape[1::-1] != size:
        shrinks = size[0] * size[1] < frame.width * frame.height
        kind = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        picture = np.asarray(cv2.resize(picture, size, interpolation=kind), np.uint8)
    resolved = frame_orientation(frame) if orientation is None else orientation
    return resolved.applied(picture), scale


def lazy_upright(
    frame: av.VideoFrame,
    aspect: Fraction | None,
    max_side: int | None,
    orientation: Orientation | None = None,
) -> tuple[Picture, float]:
    """The picture of `upright`, converted only when and as far as it is needed."""
    stored = planes(frame)
    if stored is None:
        rgb, scale = upright(frame, aspect, max_side, orientation)
        return Picture(rgb), scale
    (width, height), scale = _target_size(frame, aspect, max_side)
    y, u, v = stored
    if (width, height) != (frame.width, frame.height):
        y = shrunk(y, width, height)
        u, v = (shrunk(plane, -(-width // 2), -(-height // 2)) for plane in (u, v))
    resolved = frame_orientation(frame) if orientation is None else orientation
    y, u, v = (resolved.applied(plane) for plane in (y, u, v))
    return Planes(frame, y, u, v, lambda: upright(frame, aspect, max_side, orientation)[0]), scale


def _target_size(
    frame: av.VideoFrame, aspect: Fraction | None, max_side: int | None
) -> tuple[tuple[int, int], float]:
    """The target size before turning, and the pixels of the original for one of its pixels."""
    width, height = _square((frame.width, frame.height), aspect)
    scale = 1.0 if max_side is None else max(1.0, max(width, height) / max_side)
    return (max(1, round(width / scale)), max(1, round(height / scale))), scale


def _rgb(frame: av.VideoFrame, size: tuple[int, int]) -> Array:
    """RGB at the stored size, or already at the wanted one where the picture is very large."""
    if frame.width * frame.height > _TOO_LARGE and size[0] < frame.width:
        small = frame.reformat(*size, format="rgb24", interpolation="AREA")
        return np.asarray(small.to_ndarray(), np.uint8)
    if _is_plain(frame):
        planes = frame.to_ndarray()  # (H * 3 / 2, W)
        return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420), np.uint8)
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _is_plain(frame: av.VideoFrame) -> bool:
    """Whether OpenCV's fast conversion (BT.601, limited range) is the right one."""
    return (
        frame.format.name == "yuv420p"
        and frame.color_range in (_LIMITED, _UNKNOWN_RANGE)
        and frame.colorspace in _BT601
        and frame.width % 2 == 0
        and frame.height % 2 == 0
    )

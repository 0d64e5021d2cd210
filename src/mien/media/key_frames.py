"""A few small pictures spread evenly over a stream of unknown length, in constant memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.media.pictures import Array, Picture, views
from mien.types import KeyFrame

__all__ = ["KeyFrames"]


@dataclass(frozen=True)
class _StoredFrame:
    number: int
    time: float
    rgb: Array
    scale: float

    def encoded(self) -> KeyFrame:
        bgr = cv2.cvtColor(self.rgb, cv2.COLOR_RGB2BGR)
        jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        return KeyFrame(self.time, jpeg, self.scale)


class KeyFrames:
    """Keeps `most`/2 to `most` pictures: whenever there are too many, drops every other one.

    Args:
        most: largest number of pictures.
        width: of the pictures, in pixels.
    """

    def __init__(self, most: int = 8, width: int = 480) -> None:
        self.most, self.width = most, width
        self._kept: list[_StoredFrame] = []
        self._step, self._seen = 1, 0

    def push(
        self, frames: Sequence[Array | Picture], times: NDArray[np.float64], scale: float
    ) -> None:
        """Take frames (H,W,3) RGB with times in seconds; `scale` as in `MediaChunk`."""
        for picture, time in zip(views(frames), times.tolist(), strict=True):
            if self._seen % self._step == 0:
                self._kept.append(self._shrunk(picture, time, scale))
            self._seen += 1
            if len(self._kept) > self.most:
                self._step *= 2
                self._kept = [kept for kept in self._kept if kept.number % self._step == 0]

    def all(self) -> tuple[KeyFrame, ...]:
        """The pictures, in order of time."""
        return tuple(kept.encoded() for kept in self._kept)

    def _shrunk(self, picture: Picture, time: float, scale: float) -> _StoredFrame:
        height, width = picture.shape
        ratio = min(1.0, self.width / width)
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        return _StoredFrame(self._seen, time, picture.small(*size), scale * width / size[0])

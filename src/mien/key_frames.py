"""A few small pictures spread evenly over a stream of unknown length, in constant memory."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.types import KeyFrame

__all__ = ["KeyFrames"]


class KeyFrames:
    """Keeps between `most`/2 and `most` pictures: whenever there are too many, every other goes.

    Args:
        most: largest number of pictures.
        width: of the pictures, in pixels.
    """

    def __init__(self, most: int = 8, width: int = 480) -> None:
        self.most, self.width = most, width
        self._kept: list[tuple[int, KeyFrame]] = []
        self._step, self._seen = 1, 0

    def push(
        self, frames: Sequence[NDArray[np.uint8]], times: NDArray[np.float64], scale: float
    ) -> None:
        """Take frames (H,W,3) RGB with times in seconds; `scale` as in `MediaChunk`."""
        for frame, time in zip(frames, times, strict=True):
            if self._seen % self._step == 0:
                self._kept.append((self._seen, self._shrink(frame, float(time), scale)))
            self._seen += 1
            if len(self._kept) > self.most:
                self._step *= 2
                self._kept = [(k, f) for k, f in self._kept if k % self._step == 0]

    def all(self) -> tuple[KeyFrame, ...]:
        """The pictures, in order of time."""
        return tuple(frame for _, frame in self._kept)

    def _shrink(self, frame: NDArray[np.uint8], time: float, scale: float) -> KeyFrame:
        height, width = frame.shape[:2]
        ratio = min(1.0, self.width / width)
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        if ratio <= 0.5:  # halving is ten times as fast as averaging over fractions of pixels
            frame = np.asarray(cv2.resize(frame, (width // 2, height // 2)), np.uint8)
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
        jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        return KeyFrame(time, jpeg, scale * width / size[0])

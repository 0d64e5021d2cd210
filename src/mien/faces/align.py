"""Alignment of faces: how a crop is cut out of a frame; the same for training and use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.media.pictures import Array, Picture

__all__ = ["CORNERS", "TEMPLATE", "Alignment", "Cut", "eye_corners", "similarity"]

TEMPLATE = np.array([[0.317, 0.389], [0.683, 0.389], [0.5, 0.6], [0.5, 0.775]], np.float32)
"""Where right eye, left eye, nose and mouth lie in a crop, in parts of its side.

The median positions in FER2013's own pictures, made symmetrical, so that a crop is framed as the
pictures the encoder learned from (`project/weights/measure_template.py`: found in 1,431 of 1,500).
"""

_OUTWARDS = np.float32(0.23)  # from the middle of an eye to its outer corner, in eye distances

CORNERS = np.array([[0.233, 0.389], [0.767, 0.389]], np.float32)
"""Where the outer corners of right and left eye lie, when those of `TEMPLATE` are in place."""

Alignment = Literal["five_points", "eye_corners"]
"""By eyes, nose and mouth, or by the outer corners of the eyes (paper 001, section 2.1)."""

Floats = NDArray[np.float32]


def similarity(points: Floats, size: int, template: Floats = TEMPLATE) -> NDArray[np.float64]:
    """Least-squares rotation, scale and shift (Umeyama 1991) that moves points onto a template.

    Args:
        points: (K,2) x, y in pixels of the frame.
        size: side of the crop in pixels.
        template: (K,2) places in parts of the side.

    Returns:
        (2,3) matrix from frame to crop.
    """
    source, target = points.astype(np.float64), template.astype(np.float64) * size - 0.5
    a, b = source - source.mean(0), target - target.mean(0)
    spread = max(float((a**2).sum()), 1e-6)
    cos = float((a * b).sum()) / spread
    sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, target.mean(0) - turn @ source.mean(0)])


def eye_corners(points: Floats) -> Floats:
    """Outer corners of right and left eye (2,2), from `FACE_POINTS` (4,2).

    The detectors give the middle of each eye and no corners. These are put on the line through
    both, further out by 0.23 of the eye distance (about 63 mm between the pupils and 92 mm
    between the outer corners of an adult), so a turned head moves them less than it should.
    """
    out = _OUTWARDS * (points[1] - points[0])
    return np.stack([points[0] - out, points[1] + out])


@dataclass(frozen=True)
class Cut:
    """How an upright face is cut out of a frame.

    Args:
        size: side of the crop in pixels.
        colour: RGB rather than grey.
        alignment: what is brought to fixed places.
        margin: how much more is seen on each side, in parts of the side of a crop without one.
    """

    size: int = 48
    colour: bool = False
    alignment: Alignment = "five_points"
    margin: float = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """(S,S) of a grey crop or (S,S,3) of one in colour."""
        return (self.size, self.size, 3) if self.colour else (self.size, self.size)

    def matrix(self, points: Floats, size: int) -> NDArray[np.float64]:
        """(2,3) from the frame to a crop of another size; `points` (4,2) as in `__call__`."""
        corners = self.alignment == "eye_corners"
        places = CORNERS if corners else TEMPLATE
        template = (places + np.float32(self.margin)) / np.float32(1 + 2 * self.margin)
        return similarity(eye_corners(points) if corners else points, size, template)

    def out_of(self, picture: Picture, points: Floats) -> Array:
        """As `__call__`, but of the picture only the region that is needed is made."""
        turn = self.matrix(points, self.size)
        scale = _scale(turn)
        corners = np.array([[x, y] for x in (0, self.size) for y in (0, self.size)]) - 0.5
        seen = (corners - turn[:, 2]) @ np.linalg.inv(turn[:, :2]).T
        limit, around = np.array(picture.shape[::-1]), 2 / max(scale, 1e-3) + 2
        low = np.clip(np.floor(seen.min(0) - around), 0, limit - 1).astype(int)
        high = np.clip(np.ceil(seen.max(0) + around), low + 1, limit).astype(int)
        region = picture.colour if self.colour else picture.grey
        pixels = region(slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
        return self(pixels, points - low.astype(np.float32))

    def __call__(self, frame: NDArray[np.uint8], points: Floats) -> NDArray[np.uint8]:
        """Cut one face out.

        Args:
            frame: (H,W,3) RGB or (H,W) grey, uint8.
            points: (4,2) x, y of `mien.types.FACE_POINTS` in pixels of the frame.

        Returns:
            uint8 of `shape`; black where the frame ends.
        """
        size, scale = self.size, _scale(self.matrix(points, self.size))
        # Against aliasing, a large face is halved until it is at most four times too large, then
        # cut at a multiple of the size and averaged down.
        while scale < 1 / 4 and min(frame.shape[:2]) > 1:
            half = (frame.shape[1] // 2, frame.shape[0] // 2)
            even = frame[: 2 * half[1], : 2 * half[0]]
            frame = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
            points, scale = np.asarray(points / 2 - 0.25, np.float32), scale * 2
        fine = min(8, max(1, int(1 / max(scale, 1e-3))))
        matrix = self.matrix(points, size * fine)
        crop = cv2.warpAffine(frame, matrix, (size * fine, size * fine), flags=cv2.INTER_LINEAR)
        if crop.ndim == 3 and not self.colour:
            crop = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        elif crop.ndim == 2 and self.colour:
            crop = cv2.cvtColor(crop, cv2.COLOR_GRAY2RGB)
        if fine > 1:
            crop = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
        return np.asarray(crop, np.uint8)


def _scale(matrix: NDArray[np.float64]) -> float:
    """Pixels of the crop for one of the frame, from the matrix (2,3) between them."""
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))

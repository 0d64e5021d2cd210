"""Similarity alignment by eyes, nose and mouth centre; the same for training and use."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["TEMPLATE", "align", "similarity"]

TEMPLATE = np.array([[0.317, 0.389], [0.683, 0.389], [0.5, 0.6], [0.5, 0.775]], np.float32)
"""Where right eye, left eye, nose and mouth lie in a crop, in parts of its side.

The median positions in FER2013's own pictures, made symmetrical, so that a crop is framed as the
pictures the encoder learned from (`tools/measure_template.py`: found in 1,431 of 1,500).
"""

Floats = NDArray[np.float32]


def similarity(points: Floats, size: int) -> NDArray[np.float64]:
    """Least-squares rotation, scale and shift (Umeyama 1991) that moves points onto the template.

    Args:
        points: (4,2) x, y in pixels of the frame.
        size: side of the crop in pixels.

    Returns:
        (2,3) matrix from frame to crop.
    """
    source, target = points.astype(np.float64), TEMPLATE.astype(np.float64) * size - 0.5
    a, b = source - source.mean(0), target - target.mean(0)
    spread = max(float((a**2).sum()), 1e-6)
    cos = float((a * b).sum()) / spread
    sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, target.mean(0) - turn @ source.mean(0)])


def align(frame: NDArray[np.uint8], points: Floats, size: int) -> NDArray[np.uint8]:
    """Cut an upright face out of a frame.

    Args:
        frame: (H,W,3) RGB or (H,W) grey, uint8.
        points: (4,2) x, y in pixels of the frame.
        size: side of the crop in pixels.

    Returns:
        (size,size) uint8 grey; black where the frame ends.
    """
    matrix = similarity(points, size)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    # A large face is first cut at a multiple of the size and averaged down, against aliasing.
    fine = min(8, max(1, int(1 / max(scale, 1e-3))))
    if fine > 1:
        matrix = similarity(points, size * fine)
    crop = cv2.warpAffine(frame, matrix, (size * fine, size * fine), flags=cv2.INTER_LINEAR)
    if crop.ndim == 3:
        crop = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    if fine > 1:
        crop = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8)

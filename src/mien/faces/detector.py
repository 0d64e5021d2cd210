"""The one interface of face detectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.media.pictures import Array, Picture

__all__ = ["DETECTORS", "Detections", "Detector", "detector", "suppress", "weights"]

DETECTORS = ("blazeface", "mtcnn")

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Detections:
    """Faces in one frame, the surest first.

    Args:
        boxes: (N,4) x0, y0, x1, y1 in pixels.
        points: (N,4,2) x, y of `mien.types.FACE_POINTS` in pixels.
        scores: (N,) in 0..1.
    """

    boxes: Floats
    points: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def scaled(self, factor: float) -> Detections:
        """The same faces in other pixels; `factor` is how many there are for one of these."""
        if factor == 1:
            return self
        by = np.float32(factor)
        return Detections(self.boxes * by, self.points * by, self.scores)


class Detector(Protocol):
    """Finds faces in one frame."""

    name: str

    def detect(self, frame: Array | Picture) -> Detections:
        """Faces in a picture, or an (H,W,3) uint8 RGB frame."""
        ...


def detector(name: str, threads: int = 1) -> Detector:
    """Make a detector: "blazeface" (default, fast) or "mtcnn" (paper 004, slower).

    Raises:
        UsageError: no such detector.
    """
    if name == "blazeface":
        from mien.faces.blazeface import BlazeFace

        return BlazeFace(threads)
    if name == "mtcnn":
        from mien.faces.mtcnn import Mtcnn

        return Mtcnn(threads)
    raise UsageError(f"unknown face detector '{name}'; there are {', '.join(DETECTORS)}")


def weights(name: str) -> Path:
    """A weight file of this package."""
    return Path(__file__).parent / "weights" / name


def overlap(box: Floats, others: Floats) -> Floats:
    """Intersection over union of one box (4,) with others (N,4)."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    area = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - both
    return np.asarray(both / np.maximum(area, 1e-9), np.float32)


def suppress(
    boxes: Floats, scores: Floats, threshold: float, by_minimum: bool = False
) -> list[int]:
    """Non-maximum suppression: rows to keep, the surest first.

    Args:
        boxes: (N,4).
        scores: (N,).
        threshold: overlap above which the less sure box goes.
        by_minimum: measure overlap against the smaller box rather than the union.
    """
    order, kept = np.argsort(-scores, kind="stable"), []
    while len(order):
        first, rest = int(order[0]), order[1:]
        kept.append(first)
        shared = overlap(boxes[first], boxes[rest])
        if by_minimum:
            areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
            both = shared * (areas[first] + areas[rest]) / (1 + shared)
            shared = both / np.minimum(areas[first], areas[rest])
        order = rest[shared <= threshold]
    return kept

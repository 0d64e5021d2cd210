"""MTCNN (Zhang et al. 2016), the detector of paper 004; weights of facenet-pytorch (MIT)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.core.runtime import session
from mien.faces.detector import Detections, suppress, weights
from mien.media.pictures import Array, Picture, view

__all__ = ["Mtcnn"]

_FACTOR = 0.709
_LEAST = (0.6, 0.7, 0.7)

Floats = NDArray[np.float32]


class Mtcnn:
    """Three-stage cascade; slower than BlazeFace, finds smaller faces, five points.

    Args:
        threads: of the networks.
        min_face: side of the smallest face looked for, in pixels.
    """

    name = "mtcnn"

    def __init__(self, threads: int = 1, min_face: int = 20) -> None:
        self._pnet, self._rnet, self._onet = (
            session(weights(f"mtcnn_{n}.onnx"), threads) for n in ("pnet", "rnet", "onet")
        )
        self._min_face = min_face

    def detect(self, frame: Array | Picture) -> Detections:
        """Faces in a picture, or an (H,W,3) uint8 RGB frame."""
        rgb = view(frame).rgb
        boxes = self._propose(rgb)
        if len(boxes):
            boxes = self._refine(rgb, boxes)
        if len(boxes):
            return self._finish(rgb, boxes)
        none = np.zeros((0, 4), np.float32)
        return Detections(none, np.zeros((0, 4, 2), np.float32), np.zeros(0, np.float32))

    def _propose(self, frame: NDArray[np.uint8]) -> Floats:
        height, width = frame.shape[:2]
        scale, found = 12 / self._min_face, [np.zeros((0, 5), np.float32)]
        while min(height, width) * scale >= 12:
            size = (int(width * scale + 1), int(height * scale + 1))
            given = _scaled(
                np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)[None]
            )
            boxes, face = self._pnet.run(None, {"x": given})
            found.append(_cells(boxes[0], face[0], scale))
            scale *= _FACTOR
        every = np.concatenate(found)
        return _square(every[suppress(every[:, :4], every[:, 4], 0.7)][:, :4])

    def _refine(self, frame: NDArray[np.uint8], boxes: Floats) -> Floats:
        shift, face = self._rnet.run(None, {"x": _scaled(_patches(frame, boxes, 24))})
        sure = face > _LEAST[1]
        boxes, shift, face = boxes[sure], shift[sure], face[sure]
        kept = suppress(boxes, face, 0.7)
        return _square(_shifted(boxes[kept], shift[kept]))

    def _finish(self, frame: NDArray[np.uint8], boxes: Floats) -> Detections:
        shift, points, face = self._onet.run(None, {"x": _scaled(_patches(frame, boxes, 48))})
        sure = face > _LEAST[2]
        boxes, shift, points, face = boxes[sure], shift[sure], points[sure], face[sure]
        sides = boxes[:, 2:] - boxes[:, :2]
        places = np.stack([points[:, :5], points[:, 5:]], 2) * sides[:, None] + boxes[:, None, :2]
        boxes = _shifted(boxes, shift)
        kept = suppress(boxes, face, 0.7, by_minimum=True)
        mouth = places[kept, 3:].mean(1, keepdims=True)
        four = np.concatenate([places[kept, :3], mouth], 1)
        return Detections(
            boxes[kept].astype(np.float32), four.astype(np.float32), face[kept].astype(np.float32)
        )


def _scaled(pictures: NDArray[np.uint8]) -> Floats:
    """(N,H,W,3) 0..255 -> (N,3,H,W) about -1..1."""
    moved = pictures.transpose(0, 3, 1, 2).astype(np.float32)
    return np.asarray((moved - 127.5) / 128, np.float32)


def _cells(boxes: Floats, face: Floats, scale: float) -> Floats:
    """Cells of the proposal map that may be a face -> (N,5) boxes with score."""
    y, x = np.nonzero(face > _LEAST[0])
    low = np.stack([x, y], 1) * 2.0
    corners = np.concatenate([low + 1, low + 12], 1) / scale
    shifted = _shifted(corners.astype(np.float32), boxes[:, y, x].T)
    rows = np.column_stack([shifted, face[y, x]]).astype(np.float32)
    return rows[suppress(rows[:, :4], rows[:, 4], 0.5)]


def _shifted(boxes: Floats, shift: Floats) -> Floats:
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(boxes + shift * np.concatenate([sides, sides], 1), np.float32)


def _square(boxes: Floats) -> Floats:
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True) / 2
    return np.asarray(np.concatenate([centre - half, centre + half], 1), np.float32)


def _patches(frame: NDArray[np.uint8], boxes: Floats, side: int) -> NDArray[np.uint8]:
    """Square patches of the frame, black beyond its edge, all of one size."""
    result = np.zeros((len(boxes), side, side, 3), np.uint8)
    height, width = frame.shape[:2]
    for row, (x0, y0, x1, y1) in enumerate(np.round(boxes).astype(int)):
        patch = np.zeros((max(1, y1 - y0), max(1, x1 - x0), 3), np.uint8)
        left, top, right, low = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        if right > left and low > top:
            patch[top - y0 : low - y0, left - x0 : right - x0] = frame[top:low, left:right]
        result[row] = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA)
    return result

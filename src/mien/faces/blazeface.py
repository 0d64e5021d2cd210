"""BlazeFace, back-camera model at 256x256 (Bazarevsky et al. 2019; weights: MediaPipe)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.faces.detector import Detections, overlap, weights
from mien.runtime import session

__all__ = ["BlazeFace"]

_SIDE = 256
_OVERLAP = 0.3  # as in MediaPipe's graph

Floats = NDArray[np.float32]


def _anchors() -> Floats:
    """(896,2) centres of the anchors in 0..1: two on a 16x16 grid, six on an 8x8 one."""
    rows = []
    for cells, each in ((16, 2), (8, 6)):
        y, x = np.divmod(np.arange(cells * cells), cells)
        centres = (np.stack([x, y], 1) + 0.5) / cells
        rows.append(np.repeat(centres, each, axis=0))
    return np.concatenate(rows).astype(np.float32)


class BlazeFace:
    """Fast detector; finds faces from about 1/20 of the longer side of the frame.

    Args:
        threads: of the network.
        least: lowest score of a face.
    """

    name = "blazeface"

    def __init__(self, threads: int = 1, least: float = 0.6) -> None:
        self._session = session(weights("blazeface_back.onnx"), threads)
        self._anchors = _anchors()
        self._least = least

    def detect(self, frame: NDArray[np.uint8]) -> Detections:
        """Faces in an (H,W,3) uint8 RGB frame."""
        height, width = frame.shape[:2]
        ratio = _SIDE / max(height, width)
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        left, top = (_SIDE - size[0]) // 2, (_SIDE - size[1]) // 2
        board = np.zeros((_SIDE, _SIDE, 3), np.uint8)
        how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        board[top : top + size[1], left : left + size[0]] = cv2.resize(
            frame, size, interpolation=how
        )
        given = board.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
        raw, logits = self._session.run(["regressors", "classificators"], {"input": given})
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        sure = scores >= self._least
        found = self._decode(raw[0][sure], self._anchors[sure])
        found = (found - np.array([left, top], np.float32)) / np.float32(ratio)
        return _merge(found, scores[sure].astype(np.float32))

    @staticmethod
    def _decode(raw: Floats, anchors: Floats) -> Floats:
        """(N,16) -> (N,6,2) pixels of the board: box corners, then the four points."""
        pairs = raw.reshape(-1, 8, 2)
        centre = pairs[:, 0] + anchors * _SIDE
        half = pairs[:, 1] / 2
        points = pairs[:, 2:6] + anchors[:, None] * _SIDE
        return np.concatenate([(centre - half)[:, None], (centre + half)[:, None], points], 1)


def _merge(found: Floats, scores: Floats) -> Detections:
    """Weighted suppression: overlapping hits are averaged by score, as in MediaPipe."""
    boxes = found[:, :2].reshape(-1, 4)
    left = np.argsort(-scores, kind="stable")
    rows, sure = [], []
    while len(left):
        near = overlap(boxes[left[0]], boxes[left]) > _OVERLAP
        near[0] = True
        group = left[near]
        share = scores[group] / scores[group].sum()
        rows.append(np.tensordot(share, found[group], 1))
        sure.append(scores[left[0]])
        left = left[~near]
    merged = np.array(rows, np.float32).reshape(-1, 6, 2)
    return Detections(merged[:, :2].reshape(-1, 4), merged[:, 2:], np.array(sure, np.float32))

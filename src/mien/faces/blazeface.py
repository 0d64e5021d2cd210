"""BlazeFace, back-camera model at 256 pixels (Bazarevsky et al. 2019; weights: MediaPipe)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.core.runtime import session
from mien.faces.detector import Detections, overlap, weights
from mien.media.pictures import Array, Picture, view

__all__ = ["BlazeFace"]

_SIDE = 256
_STRIDE = 32  # px of the board in a cell of the coarser grid; its sides are multiples of it
_OVERLAP = 0.3  # as in MediaPipe's graph

Floats = NDArray[np.float32]


@lru_cache(maxsize=64)
def _anchors(width: int, height: int) -> Floats:
    """(N,2) centres of the anchors in pixels: two on a grid of 16 pixels, six on one of 32."""
    rows = []
    for step, each in ((16, 2), (_STRIDE, 6)):
        y, x = np.divmod(np.arange(width * height // step**2), width // step)
        centres = (np.stack([x, y], 1) + 0.5) * step
        rows.append(np.repeat(centres, each, axis=0))
    return np.concatenate(rows).astype(np.float32)


class BlazeFace:
    """Fast detector; finds faces from about 1/20 of the longer side of the frame.

    The picture is brought to 256 pixels on its long side, in a board that is just large enough:
    the network is convolutional, and a wide picture has no use for a square one.

    Args:
        threads: of the network.
        least: lowest score of a face.
    """

    name = "blazeface"

    def __init__(self, threads: int = 1, least: float = 0.6) -> None:
        self._session = session(weights("blazeface_back.onnx"), threads)
        self._least = least

    def detect(self, frame: Array | Picture) -> Detections:
        """Faces in a picture, or an (H,W,3) uint8 RGB frame."""
        picture = view(frame)
        height, width = picture.shape
        ratio = _SIDE / max(height, width)
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        sides = -(-size[0] // _STRIDE) * _STRIDE, -(-size[1] // _STRIDE) * _STRIDE
        left, top = (sides[0] - size[0]) // 2, (sides[1] - size[1]) // 2
        given = np.full((1, 3, sides[1], sides[0]), -1, np.float32)
        inner = given[0, :, top : top + size[1], left : left + size[0]]
        np.divide(picture.small(*size).transpose(2, 0, 1), np.float32(127.5), out=inner)
        inner -= 1
        raw, logits = self._session.run(["regressors", "classificators"], {"input": given})
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        sure = scores >= self._least
        corners = self._decode(raw[0][sure], _anchors(*sides)[sure])
        corners = (corners - np.array([left, top], np.float32)) / np.float32(ratio)
        return _merge(corners, scores[sure].astype(np.float32))

    @staticmethod
    def _decode(raw: Floats, anchors: Floats) -> Floats:
        """(N,16) -> (N,6,2) pixels of the board: box corners, then the four points."""
        pairs = raw.reshape(-1, 8, 2)
        centre = pairs[:, 0] + anchors
        half = pairs[:, 1] / 2
        points = pairs[:, 2:6] + anchors[:, None]
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

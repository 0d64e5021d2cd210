"""Changes to the faces of a clip, for training (papers 000, 002 and 004).

Each function takes (T,S,S) grey or (T,S,S,3) RGB uint8 pictures of one clip and leaves them as
they are. A clip keeps its motion: one draw holds for all its pictures, unless `each` asks for one
a picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["CROPPED", "CROPS", "corner_crop", "flip", "rotate", "scale", "translate"]

CROPS = (224 / 256, 192 / 256, 168 / 256)
"""Widths and heights of a corner crop, in parts of the side (paper 000, section 4.2)."""

CROPPED = 224 / 256
"""Side of what comes out of a crop, and in use of the middle that is looked at."""

Bytes = NDArray[np.uint8]
Doubles = NDArray[np.float64]


def corner_crop(clip: Bytes, rng: np.random.Generator, *, each: bool = False) -> Bytes:
    """Crop at one of the four corners or the centre, with scale and aspect jitter (paper 000).

    Width and height are drawn from `CROPS`, one without the other, and brought to 224/256 of the
    side: (T,256,256) gives (T,224,224).
    """
    rows = _draws(clip, each)
    side = clip.shape[1]
    out = round(side * CROPPED)
    part = rng.choice(CROPS, (rows, 2))
    place = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.5]])[rng.integers(5, size=rows)]
    low = place * (1 - part) * side
    return _warped(clip, _stretch(low, part * side / out), out)


def flip(
    clip: Bytes, rng: np.random.Generator, chance: float = 0.5, *, each: bool = False
) -> Bytes:
    """Swap left and right with a probability of `chance`."""
    turned = rng.random(_draws(clip, each)) < chance
    pick = np.broadcast_to(turned, len(clip)).reshape(-1, *[1] * (clip.ndim - 1))
    return np.where(pick, clip[:, :, ::-1], clip)


def rotate(
    clip: Bytes, rng: np.random.Generator, degrees: float = 10.0, *, each: bool = False
) -> Bytes:
    """Turn about the centre by an angle from -`degrees` to `degrees`; edges are drawn out."""
    angle = np.deg2rad(rng.uniform(-degrees, degrees, _draws(clip, each)))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], 1)
    middle = np.full(2, (clip.shape[1] - 1) / 2)
    shift = middle - turn @ middle
    return _warped(clip, np.concatenate([turn, shift[:, :, None]], 2), clip.shape[1])


def scale(clip: Bytes, rng: np.random.Generator, part: float = 0.1, *, each: bool = False) -> Bytes:
    """Zoom about the centre by 1 - `part` to 1 + `part` (paper 002); edges are drawn out."""
    zoom = rng.uniform(1 - part, 1 + part, _draws(clip, each))
    side, factor = clip.shape[1], np.stack([1 / zoom, 1 / zoom], 1)
    return _warped(clip, _stretch((1 - factor) / 2 * side, factor), side)


def translate(
    clip: Bytes, rng: np.random.Generator, part: float = 0.1, *, each: bool = False
) -> Bytes:
    """Shift along both axes by at most `part` of the side; edges are drawn out."""
    low = rng.uniform(-part, part, (_draws(clip, each), 2)) * clip.shape[1]
    turn = np.broadcast_to(np.eye(2), (len(low), 2, 2))
    return _warped(clip, np.concatenate([turn, low[:, :, None]], 2), clip.shape[1])


def _draws(clip: Bytes, each: bool) -> int:
    return len(clip) if each else 1


def _stretch(low: Doubles, scale: Doubles) -> Doubles:
    """(R,2,3) from the pixels of a crop to those of the picture; pixel centres lie at 0.5."""
    matrices = np.zeros((len(low), 2, 3))
    matrices[:, 0, 0], matrices[:, 1, 1] = scale[:, 0], scale[:, 1]
    matrices[:, :, 2] = low + scale / 2 - 0.5
    return matrices


def _warped(clip: Bytes, matrices: Doubles, out: int) -> Bytes:
    """Pictures of side `out`; each (2,3) of (1 or T,2,3) maps their pixels to those of `clip`."""
    matrices = np.broadcast_to(matrices, (len(clip), 2, 3))
    result = np.empty((len(clip), out, out, *clip.shape[3:]), np.uint8)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for row, matrix in enumerate(matrices):
        result[row] = cv2.warpAffine(
            clip[row], matrix, (out, out), flags=how, borderMode=cv2.BORDER_REPLICATE
        )
    return result

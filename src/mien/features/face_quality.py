"""How well a face is to be seen: light, contrast, sharpness, and which way it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["FaceQuality", "face_quality", "grey", "turns"]

_SIDE = 48
_MIDDLE = slice(8, 40)  # where the face itself is; corners show hair, background, or no picture
_LEAST = 1e-3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FaceQuality:
    """Measures of N crops, each (N,).

    Args:
        brightness: mean grey value of the middle, 0..255.
        contrast: standard deviation of the middle, in grey values.
        sharpness: log10 of the variance of the Laplacian (Pech-Pacheco et al. 2000, "Diatom
            autofocusing in brightfield microscopy") over that of the picture, at 48 x 48 pixels;
            so that neither light nor contrast moves it.
    """

    brightness: Floats
    contrast: Floats
    sharpness: Floats


def face_quality(crops: NDArray[np.uint8]) -> FaceQuality:
    """Measure aligned crops (N,S,S) grey or (N,S,S,3) RGB, uint8."""
    pictures = [grey(crop) for crop in crops]
    middle = _stack([picture[_MIDDLE, _MIDDLE] for picture in pictures])
    edges = _stack([cv2.Laplacian(p, cv2.CV_32F)[_MIDDLE, _MIDDLE] for p in pictures])
    contrast = middle.std((1, 2))
    sharpness = np.maximum(edges.var((1, 2)), _LEAST) / np.maximum(contrast**2, 1.0)
    return FaceQuality(middle.mean((1, 2)), contrast, np.log10(sharpness))


def turns(points: NDArray[np.float32]) -> Floats:
    """How far the nose lies from the middle between the eyes, sideways, in eye distances.

    About 0 for a face that looks here, 0.5 where the nose is below an eye.

    Args:
        points: (N,4,2) of `mien.types.FACE_POINTS`.
    """
    right, left, nose = (points[:, k].astype(np.float64) for k in range(3))
    eyes = left - right
    aside = ((nose - (right + left) / 2) * eyes).sum(1)
    return np.asarray(np.abs(aside) / np.maximum((eyes**2).sum(1), _LEAST))


def grey(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An aligned crop, (S,S) grey or (S,S,3) RGB, as (48,48) grey."""
    if crop.ndim == 3:
        crop = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)
    if len(crop) != _SIDE:
        how = cv2.INTER_AREA if len(crop) > _SIDE else cv2.INTER_LINEAR
        crop = np.asarray(cv2.resize(crop, (_SIDE, _SIDE), interpolation=how), np.uint8)
    return crop


def _stack(pictures: Sequence[NDArray[Any]]) -> Floats:
    side = _MIDDLE.stop - _MIDDLE.start
    return np.asarray(pictures, np.float64).reshape(-1, side, side)

"""How a face is cut out for the network that tells people apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.faces.align import Cut, similarity

__all__ = ["PLACES", "SIDE", "PortraitCut"]

SIDE = 128
"""Pixels of a side."""

PLACES = np.array([[49.01, 60.3], [78.69, 60.13], [63.94, 77.17], [64.04, 94.47]], np.float32)
"""Where right eye, left eye, nose and mouth lie, in pixels.

As in Deng et al. 2019 (ArcFace; the mouth is the mean of its two corners), with more around the
face, as in the pictures of VGGFace2 that the network learned from.
"""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PortraitCut(Cut):
    """As `Cut`, but 128 pixels wide, in colour, and framed as such networks learn from."""

    size: int = SIDE
    colour: bool = True

    def matrix(self, points: Floats, size: int) -> NDArray[np.float64]:
        """(2,3) from the frame to a crop of this size; `points` (4,2) of `FACE_POINTS`."""
        return similarity(points, size, np.asarray((PLACES + 0.5) / SIDE, np.float32))

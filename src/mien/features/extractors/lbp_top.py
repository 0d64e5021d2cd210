"""Local binary patterns on three orthogonal planes (Zhao & Pietikäinen 2007), LBP-TOP 8,8,8,1,1,1.

Each inner voxel is compared with its eight neighbours in the planes XY, XT and YT. The eight
adjacent voxels are taken as they are, without interpolation to a circle.

It is what the EmotiW challenges' video baseline sees of the main face of a clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.faces import Faces
from mien.types import Features

__all__ = ["PATTERNS", "LbpTop", "lbp_top"]

_CIRCLE = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
_PLANES = ((1, 2), (0, 2), (0, 1))  # axes of (T,H,W): XY, XT, YT
_FEWEST = 3  # pictures that have a neighbour before and behind


def _uniform() -> NDArray[np.int64]:
    """(256,) bin of each code: those with at most two changes around the circle have their own."""
    codes = np.arange(256)
    turned = (codes >> 1) | ((codes & 1) << 7)
    changes = ((codes ^ turned)[:, None] >> np.arange(8) & 1).sum(1)
    own = changes <= 2
    return np.where(own, np.cumsum(own) - 1, own.sum()).astype(np.int64)


_BINS = _uniform()

PATTERNS = int(_BINS.max()) + 1
"""59: the 58 uniform patterns, and all others as one."""


def lbp_top(volume: NDArray[np.uint8], blocks: int = 4) -> NDArray[np.float32]:
    """Histograms of the patterns of a clip, block by block.

    Args:
        volume: (T,H,W) grey pictures, at least three of them and blocks + 2 pixels a side.
        blocks: the picture is cut into blocks x blocks parts, over the whole time; 4 in the
            challenge's baseline (Dhall et al. 2013).

    Returns:
        (blocks x blocks x 3 x 59,): for each block the histograms of XY, XT and YT, each of which
        sums to 1.

    Raises:
        ValueError: the volume is too small.
    """
    if volume.ndim != 3 or len(volume) < 3 or min(volume.shape[1:]) < blocks + 2:
        raise ValueError(f"volume {volume.shape}: at least 3 pictures of {blocks + 2} pixels")
    codes = [_BINS[_codes(volume, axes)] for axes in _PLANES]
    parts = []
    for rows in np.array_split(np.arange(codes[0].shape[1]), blocks):
        for columns in np.array_split(np.arange(codes[0].shape[2]), blocks):
            for plane in codes:
                block = plane[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
                parts.append(np.bincount(block.ravel(), minlength=PATTERNS) / block.size)
    return np.concatenate(parts).astype(np.float32)


def _codes(volume: NDArray[np.uint8], axes: tuple[int, int]) -> NDArray[np.uint8]:
    """(T-2,H-2,W-2) the code of each inner voxel in the plane of two axes."""
    centre = volume[1:-1, 1:-1, 1:-1]
    result = np.zeros(centre.shape, np.uint8)
    for bit, steps in enumerate(_CIRCLE):
        at = [slice(1, n - 1) for n in volume.shape]
        for axis, step in zip(axes, steps, strict=True):
            at[axis] = slice(1 + step, volume.shape[axis] - 1 + step)
        result |= ((volume[tuple(at)] >= centre) << bit).astype(np.uint8)
    return result


@dataclass(frozen=True)
class LbpTop:
    """(1,2832) float32 for a clip, `lbp_top` of its aligned grey faces.

    The challenge's aligned faces were cut into 4 x 4 blocks (Dhall et al. 2013). Clips with fewer
    than three faces have no row.

    Args:
        fps: pictures looked at in each second.
        size: side of a face in pixels.
        blocks: to a side.
    """

    fps: float = 25.0
    size: int = 128
    blocks: int = 4

    name: ClassVar[str] = "lbp_top"
    modality: ClassVar[Literal["face"]] = "face"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        _ = self._faces  # refuse what cannot be, before the work begins
        if not 1 <= self.blocks <= self.size // 4:
            raise UsageError(f"{self.name}: blocks {self.blocks} must be from 1 to size / 4")

    @property
    def _faces(self) -> Faces:
        return Faces(fps=self.fps, size=self.size)

    def settings(self) -> Settings:
        """Those of the crops, the blocks and the code."""
        return {**self._faces.settings(), "blocks": self.blocks, "code": code_version(__name__)}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The one row of the main face in [start, end) seconds of a file."""
        faces = self._faces.extract(path, start, end)
        if len(faces) < _FEWEST:
            width = 3 * PATTERNS * self.blocks**2
            return Features(np.zeros((0, width), np.float32), np.zeros(0), np.zeros(0, bool))
        row = lbp_top(faces.values, self.blocks)[None]
        return Features(row, np.array([faces.times.mean()]), np.ones(1, bool))

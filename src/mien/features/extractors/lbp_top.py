"""LBP-TOP of the main face of a clip: what the EmotiW challenges' video baseline sees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.faces import Faces
from mien.features.lbp_top import PATTERNS, lbp_top
from mien.types import Features

__all__ = ["LbpTop"]

_FEWEST = 3  # pictures that have a neighbour before and behind


@dataclass(frozen=True)
class LbpTop:
    """(1,2832) float32 for a clip, `mien.features.lbp_top` of its aligned grey faces.

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

"""Whole frames of a clip (paper 003, which looks at the body too)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.passes import chunks
from mien.types import Features

__all__ = ["Frames"]


@dataclass(frozen=True)
class Frames:
    """(T,S,S,3) uint8 RGB: upright frames squeezed to a square, whether there is a face or not.

    All pictures of a clip are in memory at once: 5 MB a second with the defaults.

    Args:
        fps: pictures in each second, at most as many as the file has; 25 in the paper.
        size: side in pixels; 256 in the paper.
    """

    fps: float = 25.0
    size: int = 256

    name: ClassVar[str] = "frames"
    modality: ClassVar[Literal["frame"]] = "frame"
    kind: ClassVar[Literal["pictures"]] = "pictures"

    def __post_init__(self) -> None:
        for name, low, high in (("fps", 1e-2, 240), ("size", 16, 512)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{self.name}: {name} {value:g} must be from {low:g} to {high}")

    def settings(self) -> Settings:
        """The numbers and the code."""
        return {"fps": float(self.fps), "size": self.size, "code": code_version(__name__)}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The pictures in [start, end) seconds of a file."""
        shape = self.size, self.size
        rows, times = [np.zeros((0, *shape, 3), np.uint8)], [np.zeros(0)]
        for chunk in chunks(path, start, end, fps=self.fps):
            small = [self.look(frame) for frame in chunk.frames]
            rows.append(np.array(small, np.uint8).reshape(-1, *shape, 3))
            times.append(chunk.times)
        values = np.concatenate(rows)
        return Features(values, np.concatenate(times), np.ones(len(values), bool))

    def look(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """One picture (H,W,3) -> (S,S,3)."""
        small = cv2.resize(frame, (self.size, self.size), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)

"""The faces of a stretch of pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FACE_POINTS", "FaceChunk"]

Floats = NDArray[np.float32]
Seconds = NDArray[np.float64]

FACE_POINTS = ("right_eye", "left_eye", "nose", "mouth")
"""Landmarks every detector gives, in this order; right and left are the person's own."""


@dataclass(frozen=True)
class FaceChunk:
    """The faces of one chunk of frames. A track is the rows with one id, joined over chunks.

    Args:
        ids: (N,) track numbers, unique within a file.
        times: (N,) seconds.
        boxes: (N,4) x0, y0, x1, y1 in pixels of the upright frame of reference.
        points: (N,4,2) x, y of `FACE_POINTS` in the same pixels.
        scores: (N,) detector confidence in 0..1.
        crops: (N,S,S) uint8 grey, or (N,S,S,3) uint8 RGB, aligned faces.
        zooms: (N,) pixels of the picture that the face was seen in, as stored, for one pixel of
            the frame of reference; None is 1 for all.
        portraits: N of (128,128,3) uint8 RGB of `mien.faces.people.portrait.PortraitCut`, None for
            each that is not needed; None where nobody asked for them.
    """

    ids: NDArray[np.int64]
    times: Seconds
    boxes: Floats
    points: Floats
    scores: Floats
    crops: NDArray[np.uint8]
    zooms: Floats | None = None
    portraits: tuple[NDArray[np.uint8] | None, ...] | None = None

    def __post_init__(self) -> None:
        rows = len(self.ids)
        if self.zooms is None:
            object.__setattr__(self, "zooms", np.ones(rows, np.float32))
        shapes: dict[str, tuple[NDArray[np.generic], tuple[int, ...]]] = {
            "times": (self.times, (rows,)),
            "boxes": (self.boxes, (rows, 4)),
            "points": (self.points, (rows, len(FACE_POINTS), 2)),
            "scores": (self.scores, (rows,)),
        }
        for name, (value, wanted) in shapes.items():
            if value.shape != wanted:
                raise ValueError(f"{name}: shape {value.shape}, wanted {wanted}")
        if len(self.crops) != rows:
            raise ValueError(f"crops: {len(self.crops)} rows, wanted {rows}")

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> FaceChunk:
        """The chosen rows, in order."""
        portraits = self.portraits
        if portraits is not None:
            portraits = tuple(portraits[row] for row in np.arange(len(self))[rows])
        return FaceChunk(
            self.ids[rows],
            self.times[rows],
            self.boxes[rows],
            self.points[rows],
            self.scores[rows],
            self.crops[rows],
            None if self.zooms is None else self.zooms[rows],
            portraits,
        )

    @property
    def sides(self) -> Floats:
        """(N,) sides of the faces in pixels of the pictures they were seen in."""
        zooms = np.float32(1) if self.zooms is None else self.zooms
        return np.asarray(np.sqrt((self.boxes[:, 2:] - self.boxes[:, :2]).prod(1)) * zooms)

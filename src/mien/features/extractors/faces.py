"""Aligned crops of the main face of a clip; by default as the default bundle sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.faces.align import Alignment, Cut
from mien.faces.detector import Detector, detector, weights
from mien.faces.finder import FaceFinder, main_track
from mien.faces.search import EVERY
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.passes import Pass, chunks, one_pass
from mien.inference.bundle import load
from mien.types import FaceChunk, Features

__all__ = ["FaceFeatures", "Faces", "face_stream"]


@dataclass(frozen=True)
class FaceFeatures(Features):
    """Pictures of one face, and where they were.

    Args:
        boxes: (T,4) x0, y0, x1, y1 in pixels of the upright frame.
        landmarks: (T,4,2) x, y of `mien.types.FACE_POINTS` in pixels.
        ids: (T,) number of the track in the clip.
    """

    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    ids: NDArray[np.int64]


@lru_cache(maxsize=4)
def face_stream(model: str | Path = "default") -> tuple[str, Mapping[str, Any]]:
    """The name and the settings of the stream of faces of a bundle.

    Raises:
        UsageError: it has none.
    """
    for name, stream in load(model).spec.streams.items():
        if stream.extractor == "faces":
            return name, stream.settings
    raise UsageError(f"model {model}: has no face branch; choose a bundle with one")


@dataclass(frozen=True)
class Faces:
    """(T,S,S) grey or (T,S,S,3) RGB uint8 crops of the main track; the default is the bundle's.

    Args:
        fps: pictures looked at in each second.
        detector: "blazeface" or "mtcnn".
        size: side of a crop in pixels.
        max_side: larger frames are first made smaller to this many pixels.
        colour: RGB rather than grey.
        align: "five_points" brings eyes, nose and mouth to their places; "eye_corners" only the
            outer corners of the eyes (paper 001), estimated as in `mien.faces.align.eye_corners`.
        every: the detector looks at least so often, in seconds; between two of its looks that
            agree faces are put in between. 0 looks at every picture (paper 002).
        margin: how much more is seen on each side, in parts of the side (paper 002's boxes are
            slightly larger; 0.1, say).
    """

    fps: float = field(default_factory=lambda: float(face_stream()[1]["fps"]))
    detector: Literal["blazeface", "mtcnn"] = field(
        default_factory=lambda: face_stream()[1]["detector"]
    )
    size: int = field(default_factory=lambda: int(face_stream()[1]["size"]))
    max_side: int = 1920
    colour: bool = False
    align: Alignment = "five_points"
    margin: float = 0.0
    every: float = EVERY

    name: ClassVar[str] = "faces"
    modality: ClassVar[Literal["face"]] = "face"
    kind: ClassVar[Literal["pictures"]] = "pictures"

    def __post_init__(self) -> None:
        limits = (
            ("fps", 1e-2, 240),
            ("size", 16, 512),
            ("max_side", 64, 1 << 16),
            ("margin", 0, 1),
            ("every", 0, EVERY),
        )
        for name, low, high in limits:
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{self.name}: {name} {value:g} must be from {low:g} to {high}")

    def settings(self) -> Settings:
        """The numbers, the detector's weights and the code."""
        cut = {"colour": int(self.colour), "align": self.align, "margin": float(self.margin)}
        return {
            "fps": float(self.fps),
            "detector": self.detector,
            "size": self.size,
            "max_side": self.max_side,
            **cut,
            "every": float(self.every),
            "detector_weights": _weights(self.detector),
            "code": code_version(__name__),
        }

    def extract(self, path: Path, start: float | None, end: float | None) -> FaceFeatures:
        """The crops of the main face in [start, end) seconds of a file."""
        mark = self, one_pass(path, start, end)
        if mark not in _last:
            features = self._find(path, start, end)
            _last.clear()
            _last[mark] = features
        return _last[mark]

    def finder(
        self,
        max_people: int | None = None,
        threads: int = 1,
        every: float = EVERY,
        portrait: Cut | None = None,
    ) -> FaceFinder:
        """What follows and cuts the faces of consecutive frames; looks at least as often as set."""
        return FaceFinder(
            _detector(self.detector),
            cut=Cut(self.size, self.colour, self.align, self.margin),
            max_people=max_people,
            threads=threads,
            every=min(every, self.every),
            portrait=portrait,
        )

    def _find(self, path: Path, start: float | None, end: float | None) -> FaceFeatures:
        finder = self.finder()
        chunk_faces = [
            finder.push(chunk.frames, chunk.times, chunk.scale, chunk.zoom)
            for chunk in chunks(path, start, end, fps=self.fps, max_side=self.max_side)
        ]
        return _main([*chunk_faces, finder.finish()])


_last: dict[tuple[Faces, Pass], FaceFeatures] = {}  # the latest, which `FaceEmbedding` goes by


def _main(chunk_faces: list[FaceChunk]) -> FaceFeatures:
    """The rows of the main track; boxes and points in pixels of the original."""
    ids = np.concatenate([c.ids for c in chunk_faces])
    times = np.concatenate([c.times for c in chunk_faces])
    boxes = np.concatenate([c.boxes for c in chunk_faces])
    mine = ids == main_track(ids, times, boxes)
    return FaceFeatures(
        np.concatenate([c.crops for c in chunk_faces])[mine],
        times[mine],
        np.ones(int(mine.sum()), bool),
        boxes[mine],
        np.concatenate([c.points for c in chunk_faces])[mine],
        ids[mine],
    )


@lru_cache(maxsize=2)
def _detector(name: str) -> Detector:
    return detector(name)


@lru_cache(maxsize=2)
def _weights(name: str) -> str:
    """SHA-256 over a detector's files."""
    files = sorted(weights("").glob(f"{name}*.onnx"))
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()

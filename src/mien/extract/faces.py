"""Aligned crops of the main face of a clip, as the default bundle sees them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mien.bundle import FaceSpec, load
from mien.errors import UsageError
from mien.extract.code import code_version
from mien.extract.extractor import Settings
from mien.extract.passes import Pass, chunks, one_pass
from mien.faces.detector import Detector, detector, weights
from mien.faces.finder import FaceFinder, main_track
from mien.types import FaceChunk, Features

__all__ = ["FaceFeatures", "Faces", "face_spec"]


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
def face_spec(model: str = "default") -> FaceSpec:
    """The face branch of a bundle.

    Raises:
        UsageError: it has none.
    """
    spec = load(model).spec.face
    if spec is None:
        raise UsageError(f"model {model}: has no face branch; choose a bundle with one")
    return spec


@dataclass(frozen=True)
class Faces:
    """(T,S,S) uint8 grey crops of the main track; the defaults are the default bundle's.

    Args:
        fps: pictures looked at in each second.
        detector: "blazeface" or "mtcnn".
        size: side of a crop in pixels.
        max_side: larger frames are first made smaller to this many pixels.
    """

    fps: float = field(default_factory=lambda: face_spec().fps)
    detector: Literal["blazeface", "mtcnn"] = field(default_factory=lambda: face_spec().detector)
    size: int = field(default_factory=lambda: face_spec().crop_size)
    max_side: int = 1920

    name: ClassVar[str] = "faces"
    modality: ClassVar[Literal["face"]] = "face"
    kind: ClassVar[Literal["pictures"]] = "pictures"

    def __post_init__(self) -> None:
        for name, low, high in (("fps", 1e-2, 240), ("size", 16, 512), ("max_side", 64, 1 << 16)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{self.name}: {name} {value:g} must be from {low:g} to {high}")

    def settings(self) -> Settings:
        """The numbers, the detector's weights and the code."""
        return {
            "fps": float(self.fps),
            "detector": self.detector,
            "size": self.size,
            "max_side": self.max_side,
            "detector_weights": _weights(self.detector),
            "code": code_version(__name__),
        }

    def extract(self, path: Path, start: float | None, end: float | None) -> FaceFeatures:
        """The crops of the main face in [start, end) seconds of a file."""
        mark = self, one_pass(path, start, end)
        if mark not in _last:
            found = self._find(path, start, end)
            _last.clear()
            _last[mark] = found
        return _last[mark]

    def _find(self, path: Path, start: float | None, end: float | None) -> FaceFeatures:
        finder = FaceFinder(_detector(self.detector), crop_size=self.size)
        found, scale = [], 1.0
        for chunk in chunks(path, start, end, fps=self.fps, max_side=self.max_side):
            scale = chunk.scale
            found.append((finder.push(chunk.frames, chunk.times), scale))
        found.append((finder.finish(), scale))
        return _main(found)


_last: dict[tuple[Faces, Pass], FaceFeatures] = {}  # the latest, which `FaceEmbedding` goes by


def _main(found: list[tuple[FaceChunk, float]]) -> FaceFeatures:
    """The rows of the main track; boxes and points in pixels of the original."""
    ids = np.concatenate([c.ids for c, _ in found])
    times = np.concatenate([c.times for c, _ in found])
    boxes = np.concatenate([c.boxes * np.float32(scale) for c, scale in found])
    mine = ids == main_track(ids, times, boxes)
    return FaceFeatures(
        np.concatenate([c.crops for c, _ in found])[mine],
        times[mine],
        np.ones(int(mine.sum()), bool),
        boxes[mine],
        np.concatenate([c.points * np.float32(scale) for c, scale in found])[mine],
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

"""What the face encoder of a bundle says about each crop of the main face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.faces import Faces, face_stream
from mien.inference.bundle import Bundle, load
from mien.types import Features

__all__ = ["FaceEmbedding"]


@dataclass(frozen=True)
class FaceEmbedding:
    """(T,D) the encoder's embedding, followed by its log-probabilities, of the crops of `Faces`.

    Args:
        model: a bundle, as in `mien predict --model`.
        fps, detector: as in `Faces`; None is what the bundle has.
    """

    model: str = "default"
    fps: float | None = None
    detector: Literal["blazeface", "mtcnn"] | None = None

    name: ClassVar[str] = "face_embedding"
    modality: ClassVar[Literal["face"]] = "face"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        _ = self.faces  # refuse what cannot be, before the work begins

    @property
    def faces(self) -> Faces:
        """Where the crops come from."""
        given = dict(face_stream(self.model)[1])
        given |= {"fps": self.fps} if self.fps is not None else {}
        given |= {"detector": self.detector} if self.detector else {}
        return Faces(**given)

    def settings(self) -> Settings:
        """Those of the crops, the encoder's weights and the code."""
        spec = _bundle(self.model).spec
        encoder = spec.streams[face_stream(self.model)[0]].encoder
        if encoder is None:
            raise UsageError(f"model {self.model}: its faces go into no encoder")
        code = code_version(__name__, "mien.inference.bundle")
        return {**self.faces.settings(), "encoder_weights": spec.files[encoder], "code": code}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """One row for each crop of the main face in [start, end) seconds of a file."""
        faces = self.faces.extract(path, start, end)
        stream = face_stream(self.model)[0]
        rows = _bundle(self.model).encode(stream, faces.values, whole=True)
        return Features(rows, faces.times, faces.valid)


@lru_cache(maxsize=2)
def _bundle(model: str) -> Bundle:
    return load(model, threads=1)

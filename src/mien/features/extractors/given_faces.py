"""Faces that a corpus's makers aligned themselves, as AFEW's organisers did (paper 001)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError, UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.faces import Faces
from mien.types import Features

__all__ = ["GivenFaces"]

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})
_NUMBER = re.compile(r"(\d+)\D*$")


@dataclass(frozen=True)
class GivenFaces:
    """(T,S,S) grey or (T,S,S,3) RGB uint8 pictures of the folder that the column `faces` names.

    A clip without such a folder gets mien's own alignment by five points, as `faces` makes it.

    Args:
        size: side in pixels that pictures are brought to; AFEW's have 128.
        colour: RGB rather than grey.
        rate: pictures in each second of the clip; the number in a picture's name counts them.
        fps, detector, margin, every: of `faces`, for clips without a folder.
    """

    size: int = 224
    colour: bool = True
    rate: float = 25.0
    fps: float = 25.0
    detector: Literal["blazeface", "mtcnn"] = "blazeface"
    margin: float = 0.0
    every: float = 0.0

    name: ClassVar[str] = "given_faces"
    modality: ClassVar[Literal["face"]] = "face"
    kind: ClassVar[Literal["pictures"]] = "pictures"
    column: ClassVar[str] = "faces"

    def __post_init__(self) -> None:
        if not 1 <= self.rate <= 240:
            raise UsageError(f"{self.name}: rate {self.rate:g} must be from 1 to 240")
        _ = self.own  # which looks at the others

    @property
    def own(self) -> Faces:
        """What stands in where there is no folder; a bundle has nothing else."""
        return Faces(
            fps=self.fps,
            detector=self.detector,
            size=self.size,
            colour=self.colour,
            margin=self.margin,
            every=self.every,
        )

    def settings(self) -> Settings:
        """The numbers, and those of `faces`."""
        return {**self.own.settings(), "rate": float(self.rate), "code": code_version(__name__)}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The pictures in [start, end) seconds of a folder, or the faces found in a file.

        Raises:
            MediaError: a picture cannot be read.
        """
        if not path.is_dir():
            return self.own.extract(path, start, end)
        files = sorted(
            (_place(file), file) for file in path.iterdir() if file.suffix.lower() in _PICTURES
        )
        first = files[0][0] if files else 0
        times = np.array([(place - first) / self.rate for place, _ in files], np.float64)
        kept = (times >= (start or 0.0)) & (times < (np.inf if end is None else end))
        shape = (self.size, self.size, 3) if self.colour else (self.size, self.size)
        rows = [self._read(file) for (_, file), here in zip(files, kept, strict=True) if here]
        values = np.stack(rows) if rows else np.zeros((0, *shape), np.uint8)
        return Features(values, times[kept], np.ones(len(values), bool))

    def _read(self, file: Path) -> NDArray[np.uint8]:
        kind = cv2.IMREAD_COLOR if self.colour else cv2.IMREAD_GRAYSCALE
        picture = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), kind)
        if picture is None:
            raise MediaError(f"{file}: is not a picture")
        how = cv2.INTER_AREA if picture.shape[0] > self.size else cv2.INTER_LINEAR
        fitting = cv2.resize(picture, (self.size, self.size), interpolation=how)
        return np.asarray(fitting[:, :, ::-1] if self.colour else fitting, np.uint8)


def _place(file: Path) -> int:
    """The number of a picture in its clip: 7 of 0007.jpg and of 000046280-0007.jpg."""
    match = _NUMBER.search(file.stem)
    return int(match[1]) if match else 0

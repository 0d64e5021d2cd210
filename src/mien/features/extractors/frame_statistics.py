"""Mean, deviation, least and largest of what an encoder gives for each face of a clip.

The strong simple system of video emotion recognition: embeddings of single faces, four statistics
over time, a linear classifier (Savchenko 2022, who has 59 % on AFEW's validation clips by it).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.features.extractors.extractor import Extractor, Settings
from mien.types import Features

__all__ = ["FrameStatistics", "statistics"]

Floats = NDArray[np.float32]

_VERSION = 1  # of `statistics`; the encoder's settings hold all that comes before it


def statistics(rows: Floats) -> Floats:
    """(T,D) -> (1,4D) mean, deviation, minimum and maximum; (0,4D) for no rows."""
    if not len(rows):
        return np.zeros((0, 4 * rows.shape[1]), np.float32)
    parts = [rows.mean(0), rows.std(0), rows.min(0), rows.max(0)]
    return np.asarray(np.concatenate(parts)[None], np.float32)


@dataclass(frozen=True)
class FrameStatistics:
    """(1,4D) float32: mean, deviation, minimum and maximum over the rows of a clip.

    Args:
        encoder: the extractor that makes the rows, "face_embedding" or "onnx:FILE".
        fps: its pictures in each second; None leaves it as it is.
    """

    encoder: str = "face_embedding"
    fps: float | None = None

    name: ClassVar[str] = "frame_statistics"
    modality: ClassVar[Literal["face"]] = "face"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        if self.of.kind != "vectors":
            raise UsageError(f"{self.name}: encoder '{self.encoder}' gives pictures, not vectors")

    @property
    def of(self) -> Extractor:
        """What makes the rows."""
        from mien.features.extractors.catalog import extractor

        return extractor(self.encoder, **({} if self.fps is None else {"fps": self.fps}))

    def settings(self) -> Settings:
        """Those of the encoder, and the code."""
        own = {"encoder": self.of.name, "code": str(_VERSION)}
        return {**{f"of_{key}": value for key, value in self.of.settings().items()}, **own}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """One row for the clip, at its middle; none where the encoder has none."""
        rows = self.of.extract(path, start, end)
        values = np.asarray(rows.values[rows.valid], np.float32)
        made = statistics(values)
        times = rows.times[rows.valid]
        middle = np.array([(times[0] + times[-1]) / 2]) if len(times) else np.zeros(0)
        return Features(made, middle, np.ones(len(made), bool))

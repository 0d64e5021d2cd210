"""The one interface of all extractors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mien.types import Features

__all__ = ["Extractor", "Hearing", "Settings"]

Settings = Mapping[str, str | int | float]


class Extractor(Protocol):
    """Measures one thing in a stretch of a file. Small, and travels to other processes."""

    @property
    def name(self) -> str:
        """As typed after `mien features --extract`."""

    @property
    def modality(self) -> Literal["face", "voice", "frame"]:
        """What a clip must have, so that there is something to measure; "frame" is any picture."""

    @property
    def kind(self) -> Literal["vectors", "pictures"]:
        """Whether rows are float32 of any shape, or uint8 pictures."""

    def settings(self) -> Settings:
        """Everything that changes the values: numbers, SHA-256 of weights, version of the code."""

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """Measure what lies in [start, end) seconds; no rows where there is nothing to measure.

        Raises:
            MediaError: the file cannot be read, or ends before `start`.
        """


@runtime_checkable
class Hearing(Extractor, Protocol):
    """One that goes by the sound alone, also where there is no file."""

    def hear(self, sound: NDArray[np.float32], start: float) -> Features:
        """Measure sound (N,) float32 mono at 16 kHz that starts at `start` seconds."""

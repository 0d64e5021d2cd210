"""The 34 short-term features of the sound of a clip (paper 001, section 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.passes import sound_of
from mien.features.short_term import NAMES, short_term
from mien.media import RATE
from mien.types import Features

__all__ = ["ShortTerm"]

_SHORTEST, _LONGEST = 0.02, 1.0  # s; a semitone needs bins that are not too wide


@dataclass(frozen=True)
class ShortTerm:
    """(T,34) float32 of `mien.features.short_term.NAMES`; the time of a row is its middle.

    Digital silence has no rows.

    Args:
        window: seconds of a row.
        step: seconds from one row to the next; half the window is paper 001's overlap of 50 %.
    """

    window: float = 0.1
    step: float = 0.05

    name: ClassVar[str] = "short_term"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        for name, low, high in (("window", _SHORTEST, _LONGEST), ("step", 1e-3, _LONGEST)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{self.name}: {name} {value:g} must be from {low:g} to {high:g}")

    def settings(self) -> Settings:
        """The numbers and the code."""
        code = code_version(__name__)
        return {"window": float(self.window), "step": float(self.step), "code": code}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The rows of the sound in [start, end) seconds of a file."""
        sound = sound_of(path, start, end)
        return self.hear(sound.samples, sound.start)

    def hear(self, sound: NDArray[np.float32], start: float) -> Features:
        """The rows of sound (N,) that starts at `start` seconds."""
        rows = np.zeros((0, len(NAMES)), np.float32)
        if np.any(sound):
            rows = short_term(sound, self.window, self.step)
        hop = round(self.step * RATE) / RATE
        times = start + self.window / 2 + hop * np.arange(len(rows), dtype=np.float64)
        return Features(rows, times, np.ones(len(rows), bool))

"""Picture-like maps of the short-term features of the sound of a clip (paper 001, section 2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.passes import sound_of
from mien.features.extractors.short_term import ShortTerm
from mien.types import Features

__all__ = ["HOP", "SIDE", "AudioMaps", "audio_maps", "padded"]

Number = TypeVar("Number", np.float32, np.float64)

SIDE = 34
"""Features, and columns of time, of a map."""
HOP = SIDE // 2
"""Columns between the starts of two maps: 50 % overlap."""


def padded(count: int) -> int:
    """n': the number of columns that maps can be cut from.

    Args:
        count: n, columns there are; at least 1.

    Returns:
        n itself where it is a multiple of 17 and at least 34, else the next such number.
    """
    return max(SIDE, -(-count // HOP) * HOP)


def audio_maps(rows: NDArray[Number]) -> NDArray[Number]:
    """The 34 x n map of a clip, its last column repeated up to n', cut into maps of 34 x 34.

    Args:
        rows: (n,34) one row of features for each time, or (n,) for example the times themselves.

    Returns:
        (K,34,34) [map, feature, time] with K = (n' - 17) / 17, or (K,34); none where n is 0.
    """
    if not len(rows):
        return np.zeros((0, *rows.shape[1:], SIDE), rows.dtype)
    column = np.minimum(np.arange(padded(len(rows))), len(rows) - 1)
    maps = np.lib.stride_tricks.sliding_window_view(rows[column], SIDE, axis=0)[::HOP]
    return np.ascontiguousarray(maps)


@dataclass(frozen=True)
class AudioMaps:
    """(K,34,34) float32 [map, feature, time], raw; the time of a row is the mean of its columns'.

    Args:
        window, step: of the columns, as in `ShortTerm`.
    """

    window: float = 0.1
    step: float = 0.05

    name: ClassVar[str] = "audio_maps"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        _ = self.columns  # refuse what cannot be, before the work begins

    @property
    def columns(self) -> ShortTerm:
        """Where the columns come from."""
        return ShortTerm(self.window, self.step)

    def settings(self) -> Settings:
        """Those of the columns, and the code."""
        return {**self.columns.settings(), "code": code_version(__name__)}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The maps of the sound in [start, end) seconds of a file."""
        sound = sound_of(path, start, end)
        return self.hear(sound.samples, sound.start)

    def hear(self, sound: NDArray[np.float32], start: float) -> Features:
        """The maps of sound (N,) that starts at `start` seconds."""
        rows = self.columns.hear(sound, start)
        maps = audio_maps(rows.values)
        times = audio_maps(rows.times).mean(1)
        return Features(maps, times, np.ones(len(maps), bool))

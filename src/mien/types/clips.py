"""Labelled clips, and what is measured of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Clip", "Features"]


@dataclass(frozen=True)
class Clip:
    """One labelled stretch of a file; no pixels.

    Args:
        id: unique within its manifest.
        path: the media file, relative to the manifest's folder or absolute; "/" between folders.
        start, end: seconds of the stretch; None is the start and the end of the file.
        label: a name of the manifest's label set; "" where the label is not given out.
        speaker: who speaks or is seen, or the film: what may stand on one side of a split only.
        split: "train", "val", "test", or "" where the corpus has no official one.
        licence: of this clip's media, as a short name.
        extra: further named columns of the manifest, for example the votes of a crowd.
    """

    id: str
    path: str
    start: float | None = None
    end: float | None = None
    label: str = ""
    speaker: str = ""
    split: str = ""
    licence: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Features:
    """What one extractor gives for one clip.

    Args:
        values: (T,...) one row for each time: (T,D) float32 vectors, or (T,S,S) and (T,S,S,3)
            uint8 pictures.
        times: (T,) seconds from the start of the file.
        valid: (T,) False where there was nothing to measure; such rows hold no information.
    """

    values: NDArray[Any]
    times: NDArray[np.float64]
    valid: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if not len(self.values) == len(self.times) == len(self.valid):
            rows = f"{len(self.values)} values, {len(self.times)} times, {len(self.valid)} valid"
            raise ValueError(f"rows differ: {rows}")

    def __len__(self) -> int:
        return len(self.times)

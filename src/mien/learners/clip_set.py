"""Labelled features: what a branch learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.types import Features

__all__ = ["ClipSet", "valid_rows"]


@dataclass(frozen=True)
class ClipSet:
    """Clips with the features of one extractor.

    Args:
        ids: (n,) of the clips.
        features: (n,) features; a clip without a valid row is absent.
        labels: (n,) columns of the label set.
        classes: size of the label set.
    """

    ids: tuple[str, ...]
    features: tuple[Features, ...]
    labels: NDArray[np.int64]
    classes: int

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, chosen: Sequence[int] | NDArray[np.int64]) -> ClipSet:
        """The chosen clips, in order."""
        picked = [int(i) for i in chosen]
        return ClipSet(
            tuple(self.ids[i] for i in picked),
            tuple(self.features[i] for i in picked),
            self.labels[picked],
            self.classes,
        )

    def present(self) -> ClipSet:
        """The clips that have at least one valid row."""
        return self.rows([i for i, f in enumerate(self.features) if f.valid.any()])

    @property
    def counts(self) -> tuple[int, ...]:
        """Clips of each class."""
        return tuple(np.bincount(self.labels, minlength=self.classes).tolist())


def valid_rows(features: Features) -> NDArray[np.float32]:
    """(T,...) float32, the valid rows only."""
    return np.asarray(features.values[features.valid], np.float32)

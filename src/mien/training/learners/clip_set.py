"""Labelled features: what a branch learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
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
        speakers: (n,) of the clips; empty where they do not matter.
    """

    ids: tuple[str, ...]
    features: tuple[Features, ...]
    labels: NDArray[np.int64]
    classes: int
    speakers: tuple[str, ...] = ()

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
            tuple(self.speakers[i] for i in picked) if self.speakers else (),
        )

    def present(self) -> ClipSet:
        """The clips that have at least one valid row."""
        return self.rows([i for i, f in enumerate(self.features) if f.valid.any()])

    def apart(self, share: float, seed: int) -> tuple[ClipSet, ClipSet]:
        """Two parts with different speakers; the second has about `share` of the clips.

        Raises:
            UsageError: there are fewer than two speakers.
        """
        speakers = sorted(set(self.speakers))
        if len(speakers) < 2:
            raise UsageError(
                "fit.select chooses the epoch on held-out speakers of the training clips, which "
                "have fewer than two; leave fit.select empty"
            )
        held: set[str] = set()
        for at in np.random.default_rng(seed).permutation(len(speakers))[:-1]:
            held.add(speakers[at])
            if sum(s in held for s in self.speakers) >= share * len(self):
                break
        indices = range(len(self))
        first = self.rows([i for i in indices if self.speakers[i] not in held])
        return first, self.rows([i for i in indices if self.speakers[i] in held])

    @property
    def counts(self) -> tuple[int, ...]:
        """Clips of each class."""
        return tuple(np.bincount(self.labels, minlength=self.classes).tolist())


def valid_rows(features: Features) -> NDArray[np.float32]:
    """(T,...) float32, the valid rows only."""
    return np.asarray(features.values[features.valid], np.float32)

"""Labelled clips as the fits see them: what each branch says of them, and what it goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Base", "LabelledClips"]

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LabelledClips:
    """n labelled clips or windows; a row of NaN where a branch is absent.

    Args:
        ids: of the clips.
        groups: (n,) who is in them: what must not stand on both sides of a split.
        labels: (n,) columns of the K labels.
        said: {branch: (n,K) log-probabilities that the bundle gives, in the K labels}.
        linear: {branch: (n,K) log-probabilities that a linear head can start from}; of the
            branches that can have one.
        rows: {branch: (n,E) means of the embeddings}; of the same branches.
        before: (n,K) probabilities that the bundle gives as it is; None where it does not know
            these labels.
    """

    ids: tuple[str, ...]
    groups: NDArray[np.str_]
    labels: Ints
    said: Mapping[str, Doubles]
    linear: Mapping[str, Doubles]
    rows: Mapping[str, Doubles]
    before: Doubles | None

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, chosen: Ints) -> LabelledClips:
        """Some of them, by their places."""
        before = None if self.before is None else self.before[chosen]
        parts = (self.said, self.linear, self.rows)
        log_probs, linear, rows = ({b: v[chosen] for b, v in part.items()} for part in parts)
        ids = tuple(self.ids[i] for i in chosen.tolist())
        return LabelledClips(
            ids, self.groups[chosen], self.labels[chosen], log_probs, linear, rows, before
        )


@dataclass(frozen=True)
class Base:
    """What the bundle joins its branches with, before anything is adapted.

    Args:
        labels: names of the K labels.
        weights: {branch: weight}; they sum to one.
        temperatures: {branches joined by "+" in sorted order: temperature}, for all sets.
        prior: (K,) probabilities where no branch says anything.
        sizes: {branch: columns E of its embedding}, of those that have one.
    """

    labels: tuple[str, ...]
    weights: Mapping[str, float]
    temperatures: Mapping[str, float]
    prior: Doubles
    sizes: Mapping[str, int]

    @property
    def branches(self) -> tuple[str, ...]:
        """Their names, sorted."""
        return tuple(sorted(self.weights))

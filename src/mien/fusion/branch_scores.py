"""What the branches say of n clips, in the one form that every fusion takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.log_pool import softmax

__all__ = ["BranchScores", "Stack", "stacked"]

Rows = NDArray[np.float64]
Flags = NDArray[np.bool_]
Chosen = NDArray[np.int64] | NDArray[np.bool_]

_LEAST = float(np.log(1e-9))  # so that a probability of 0 has a logarithm


@dataclass(frozen=True)
class BranchScores:
    """One branch over n clips. A row of a clip without this branch is never read.

    Args:
        log_probs: (n,C) log-probabilities.
        descriptor: (n,D) what the branch's network has before its last layer; None for a branch
            that has none, such as a support vector machine.
        present: (n,) False where the clip has nothing for this branch.

    Raises:
        UsageError: rows differ in number, or a present clip has a value that is not a number.
    """

    log_probs: Rows
    descriptor: Rows | None
    present: Flags

    def __post_init__(self) -> None:
        arrays = [self.log_probs] + ([] if self.descriptor is None else [self.descriptor])
        if any(rows.ndim != 2 or len(rows) != len(self.present) for rows in arrays):
            shapes = ", ".join(str(rows.shape) for rows in arrays)
            raise UsageError(f"arrays {shapes} for {len(self.present)} clips: must be (n, values)")
        if np.isnan(self.log_probs[self.present]).any():
            raise UsageError("log_probs has NaN in a clip that is present")
        if self.descriptor is not None and not np.isfinite(self.descriptor[self.present]).all():
            raise UsageError("descriptor has NaN or infinity in a clip that is present")

    @classmethod
    def of(cls, log_probs: Rows, descriptor: Rows | None = None) -> Self:
        """From arrays with NaN rows where the branch is absent."""
        return cls(log_probs, descriptor, np.asarray(~np.isnan(log_probs).any(1)))

    def __getitem__(self, chosen: Chosen | list[int]) -> BranchScores:
        return self.rows(np.asarray(chosen))

    def rows(self, chosen: Chosen) -> BranchScores:
        """The chosen clips."""
        descriptor = None if self.descriptor is None else self.descriptor[chosen]
        return BranchScores(self.log_probs[chosen], descriptor, self.present[chosen])


@dataclass(frozen=True)
class Stack:
    """All branches of n clips side by side.

    Args:
        branches: (B,) names.
        probabilities: (n,B,C), each summing to one; zeros where a branch is absent.
        descriptors: of each branch (n,D) with zeros where it is absent, or None.
        present: (n,B).
    """

    branches: tuple[str, ...]
    probabilities: Rows
    descriptors: tuple[Rows | None, ...]
    present: Flags

    def __len__(self) -> int:
        return len(self.present)

    def rows(self, chosen: Chosen) -> Stack:
        """The chosen clips."""
        descriptors = tuple(None if d is None else d[chosen] for d in self.descriptors)
        return Stack(self.branches, self.probabilities[chosen], descriptors, self.present[chosen])

    def only(self, indices: Sequence[int]) -> Stack:
        """The branches at these places, in this order."""
        chosen = list(indices)
        return Stack(
            tuple(self.branches[b] for b in chosen),
            self.probabilities[:, chosen],
            tuple(self.descriptors[b] for b in chosen),
            self.present[:, chosen],
        )

    def some(self) -> Flags:
        """(n,) whether a clip has any branch."""
        return np.asarray(self.present.any(1))

    def mean(self) -> Rows:
        """(n,C) mean probabilities of the branches present, of which each clip has one."""
        return np.asarray(self.probabilities.sum(1) / self.present.sum(1)[:, None])


def stacked(parts: Mapping[str, BranchScores], branches: Iterable[str], classes: int) -> Stack:
    """Join branches in the order given; one that `parts` lacks is absent from every clip.

    Raises:
        UsageError: a branch that is not in `branches`, or another number of clips or classes.
    """
    names = tuple(branches)
    unknown = sorted(set(parts) - set(names))
    if unknown:
        raise UsageError(f"no branch '{unknown[0]}' in this fusion; it has {', '.join(names)}")
    counts = {len(part.present) for part in parts.values()}
    if len(counts) != 1:
        sizes = ", ".join(f"{name} {len(part.present)}" for name, part in parts.items())
        raise UsageError(f"branches differ in their number of clips: {sizes or 'no branch given'}")
    for name, part in parts.items():
        if part.log_probs.shape[1] != classes:
            width = f"{part.log_probs.shape[1]} classes"
            raise UsageError(f"branch '{name}' has {width}, the fusion has {classes}")
    n = counts.pop()
    present = np.zeros((n, len(names)), bool)
    probabilities = np.zeros((n, len(names), classes))
    descriptors: list[Rows | None] = []
    for b, name in enumerate(names):
        descriptors.append(_descriptor(parts.get(name)))
        if name in parts:
            here = parts[name].present
            present[:, b] = here
            probabilities[here, b] = softmax(np.maximum(parts[name].log_probs[here], _LEAST))
    return Stack(names, probabilities, tuple(descriptors), present)


def _descriptor(part: BranchScores | None) -> Rows | None:
    if part is None or part.descriptor is None:
        return None
    return np.where(part.present[:, None], part.descriptor, 0.0)

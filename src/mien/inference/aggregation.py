"""From the rows of a span to one answer: which rows a head sees, and how several answers join.

The one place for it, so that the lab and a bundle cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.features.samplers import FrameSampler

__all__ = ["Aggregation", "BranchOutput", "Head", "Pooling"]

Vector = NDArray[np.float64]
Rows = NDArray[np.float32]
Head = Callable[[Rows], tuple[Vector, Vector | None]]
Pooling = Literal["log_mean", "mean", "max", "statistics"]

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class BranchOutput:
    """What one branch says of a span.

    Args:
        mean: (C,) log-probabilities.
        n: rows that it rests on.
        descriptor: (D,) what the network has before its last layer; None where it has none.
    """

    mean: Vector
    n: int
    descriptor: Vector | None = None


@dataclass(frozen=True)
class Aggregation:
    """How rows become an answer.

    Args:
        sampler: which rows make a sequence; None takes all rows as one.
        repeat: a sequence that is too short keeps its last row repeated, as the papers that train
            on a fixed length have it; otherwise it stays short.
        pooling: how the answers for several sequences (or, without a head, rows) join: the mean
            of log-probabilities, the mean of probabilities, or the one with the highest
            probability of all (papers 000, 3.2, and 002, 2.4). With "statistics" the head reads
            mean and deviation of all rows, (1,2D).
    """

    sampler: FrameSampler | None = None
    repeat: bool = False
    pooling: Pooling = "log_mean"

    @property
    def merges(self) -> bool:
        """Whether an answer is a function of statistics of the rows alone."""
        return self.sampler is None and not self.repeat and self.pooling != "max"

    def sequences(
        self, times: Vector, rng: np.random.Generator | None = None
    ) -> list[NDArray[np.int64]]:
        """Places of the rows of each sequence, for rows at `times` (T,); random with `rng`."""
        if self.sampler is None:
            return [np.arange(len(times))]
        sample = self.sampler(times, rng)
        if self.repeat:
            return list(sample.indices)
        return [at[mask] for at, mask in zip(sample.indices, sample.mask, strict=True)]

    def __call__(self, rows: Rows, times: Vector, classes: int, head: Head | None) -> BranchOutput:
        """Read rows (T,D), T >= 1, at `times` (T,) seconds.

        Args:
            rows: what the encoder or the front end gave; without a head their last `classes`
                columns are log-probabilities.
            times: seconds, rising.
            classes: C.
            head: (1,L,D) -> log-probabilities (C,) and descriptor.
        """
        places = self.sequences(times)
        if head is None:
            chosen = np.concatenate(places)
            said = np.asarray(rows[chosen, -classes:], np.float64)
            return BranchOutput(self.pooled(said)[0], len(chosen))
        each = [head(rows[None, at]) for at in places]
        log_probs, at = self.pooled(np.stack([row for row, _ in each]))
        descriptors = [d for _, d in each if d is not None]
        descriptor = None
        if descriptors:
            descriptor = descriptors[at] if self.pooling == "max" else np.mean(descriptors, axis=0)
        return BranchOutput(log_probs, len(rows), descriptor)

    def pooled(self, said: Vector) -> tuple[Vector, int]:
        """(N,C) log-probabilities -> (C,), and the place of the surest row."""
        at = int(said.max(1).argmax())
        if self.pooling == "max":
            return said[at], at
        if self.pooling == "mean":
            return np.asarray(np.log(np.maximum(np.exp(said).mean(0), _LEAST))), at
        return np.asarray(said.mean(0)), at

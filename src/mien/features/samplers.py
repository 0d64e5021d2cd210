"""Which rows of a clip a network sees: by the times of the rows, never by their number.

The papers count frames of 60, 25 or whatever a second; here the same stretch of time is seen
whatever the rate of the file, constant or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError

__all__ = [
    "FrameSampler",
    "Sample",
    "at_least",
    "central",
    "gap",
    "segments",
    "sliding",
    "uniform",
    "whole",
]

Seconds = NDArray[np.float64]
Random: TypeAlias = "np.random.Generator | None"  # as text: numpy.random takes long to import


@dataclass(frozen=True)
class Sample:
    """Sequences of rows.

    Args:
        indices: (W,L) rows of the clip, in order of time; where a clip is too short for a
            sequence its last row is repeated.
        mask: (W,L) False for such repetitions.
    """

    indices: NDArray[np.int64]
    mask: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.indices)


def uniform(times: Seconds, n: int = 64) -> Sample:
    """One sequence of n rows, evenly spread from the first to the last (paper 000).

    Args:
        times: (T,) ascending seconds of the rows, here and in all samplers; none give no sequence.
    """
    if len(times) <= n:
        return at_least(len(times), n)
    return _sample(_nearest(times, np.linspace(times[0], times[-1], n)))


def gap(
    times: Seconds,
    step: float = 8 / 60,
    n: int = 16,
    overlap: float = 0.0,
    rng: Random = None,
) -> Sample:
    """Sequences of n rows that are `step` seconds apart (paper 001: every 8th of 60 a second).

    Args:
        overlap: part of a sequence that the next one shares; the last ends with the clip.
        rng: for training: one sequence from a random time instead of all.
    """
    if not len(times):
        return at_least(0, n)
    first, last = float(times[0]), float(times[-1])
    latest = max(first, last - (n - 1) * step)
    if rng is not None:
        begins = np.array([rng.uniform(first, latest)])
    else:
        hop = n * step * (1 - overlap)
        count = int(np.ceil((latest - first) / hop - 1e-6))
        begins = np.append(first + hop * np.arange(count), latest)
    wanted = begins[:, None] + step * np.arange(n)
    return _sample(_nearest(times, wanted), wanted <= last + step / 2)


def whole(times: Seconds, most: int = 272) -> Sample:
    """One sequence of all rows; of more than `most`, as many evenly spread ones (paper 002)."""
    return uniform(times, min(most, len(times)))


def sliding(times: Seconds, length: int = 16, overlap: int = 0, rng: Random = None) -> Sample:
    """Windows of consecutive rows, each `length` - `overlap` rows after the one before (paper 002).

    The last window may reach over the end by half its length: of 272 rows that makes 17 windows
    without overlap and 34 with one of 8, as the paper counts them.

    Args:
        overlap: rows that neighbours share: 0, 8 or 15 in the paper.
        rng: one random window instead of all.
    """
    if not len(times):
        return at_least(0, length)
    if rng is not None:
        begins = rng.integers(max(1, len(times) - length + 1), size=1)
    else:
        begins = np.arange(0, max(1, len(times) - (length + 1) // 2 + 1), length - overlap)
    return _run(begins, length, len(times))


def central(times: Seconds, length: int = 16) -> Sample:
    """The one window of consecutive rows in the middle of a clip (paper 002, table 3)."""
    if not len(times):
        return at_least(0, length)
    return _run(np.array([max(0, (len(times) - length) // 2)]), length, len(times))


def segments(times: Seconds, n: int = 8, rng: Random = None) -> Sample:
    """The row that is on at one time in each of n equally long parts of the clip (paper 004).

    Args:
        rng: for training: a random time in each part instead of its middle.
    """
    if len(times) <= n:
        return at_least(len(times), n)
    each = (times[-1] - times[0]) / (len(times) - 1)  # the last row is on for as long as the others
    place = np.full(n, 0.5) if rng is None else rng.random(n)
    long = (times[-1] - times[0] + each) / n
    wanted = times[0] + long * (np.arange(n) + place)
    return _sample(np.searchsorted(times, wanted, "right") - 1)


def at_least(count: int, least: int) -> Sample:
    """One sequence of all rows, the last one repeated up to `least`; none where there are none.

    Paper 001 asks for 16 vectors of short-term features and for 8 audio maps.
    """
    if not count:
        return Sample(np.zeros((0, least), np.int64), np.zeros((0, least), bool))
    return _run(np.zeros(1, np.int64), max(count, least), count)


@dataclass(frozen=True)
class FrameSampler:
    """A sampler as plain data, for recipes; each number has a meaning in some modes only.

    Args:
        mode: "uniform", "gap", "all", "window", "central_window" or "segments", for `uniform`,
            `gap`, `whole`, `sliding`, `central` and `segments`.
        n: rows of a sequence, at most in "all"; None is the paper's number.
        step: seconds between rows, in "gap".
        overlap: in "gap" the part, and in "window" the rows, that neighbours share.
        random: whether training draws one random sequence, in "gap" and "window". "segments" is
            random in training always.

    Raises:
        UsageError: a number that cannot be.
    """

    mode: Literal["uniform", "gap", "all", "window", "central_window", "segments"]
    n: int | None = None
    step: float = 8 / 60
    overlap: float = 0.0
    random: bool = True

    def __post_init__(self) -> None:
        if self.mode not in _LENGTHS:
            raise UsageError(f"sampler '{self.mode}': there are {', '.join(_LENGTHS)}")
        most = {"gap": 1, "window": self.length}.get(self.mode, np.inf)
        for name, good, allowed in (
            ("n", self.length >= 1, "at least 1"),
            ("step", self.step > 0, "above 0"),
            ("overlap", 0 <= self.overlap < most, f"at least 0 and below {most}"),
        ):
            if not good:
                raise UsageError(f"sampler '{self.mode}': {name} must be {allowed}")

    @property
    def length(self) -> int:
        """Rows of a sequence."""
        return _LENGTHS[self.mode] if self.n is None else self.n

    def __call__(self, times: Seconds, rng: Random = None) -> Sample:
        """Sequences for the rows at `times` (T,); `rng` in training only."""
        n, one = self.length, rng if self.random else None
        match self.mode:
            case "uniform":
                return uniform(times, n)
            case "gap":
                return gap(times, self.step, n, self.overlap, one)
            case "all":
                return whole(times, n)
            case "window":
                return sliding(times, n, int(self.overlap), one)
            case "central_window":
                return central(times, n)
            case "segments":
                return segments(times, n, rng)


_LENGTHS = {
    "uniform": 64,
    "gap": 16,
    "all": 272,
    "window": 16,
    "central_window": 16,
    "segments": 8,
}


def _nearest(times: Seconds, wanted: Seconds) -> NDArray[np.int64]:
    """The row nearest to each wanted time."""
    return np.searchsorted((times[1:] + times[:-1]) / 2, wanted).astype(np.int64)


def _sample(indices: NDArray[np.int64], mask: NDArray[np.bool_] | None = None) -> Sample:
    indices = np.atleast_2d(indices)
    return Sample(indices, np.ones(indices.shape, bool) if mask is None else mask)


def _run(begins: NDArray[np.int64], length: int, count: int) -> Sample:
    """Consecutive rows from each of `begins`, of `count`."""
    rows = begins[:, None] + np.arange(length)
    return Sample(np.minimum(rows, count - 1), rows < count)

"""Label sets: the only place where an order of classes exists.

Everything else maps by name, so that a corpus, a network or a paper with another order cannot
shift a column unnoticed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError

__all__ = ["EMOTIONS", "FERPLUS", "LabelSet", "Named"]


class Named(Mapping[str, float]):
    """A read-only {name: value} in a quarter of a dict's memory; a long file has thousands.

    Args:
        names: shared by all vectors of one label set.
        values: one for each name.
    """

    __slots__ = ("_names", "_values")

    def __init__(
        self, names: tuple[str, ...], values: Sequence[float] | NDArray[np.floating]
    ) -> None:
        self._names = names
        self._values: array[float] = array("d", values)
        if len(self._values) != len(names):
            raise ValueError(f"{len(self._values)} values for {len(names)} names")

    def __getitem__(self, name: str) -> float:
        try:
            return self._values[self._names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of class names.

    Args:
        name: short name, as stored in bundles.
        names: the class names, in the order of every probability vector, lower case.
    """

    name: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names) or not self.names:
            raise UsageError(f"label set '{self.name}': names must be unique and not empty")

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Column of `name`; raises `UsageError` for a name that is not in the set."""
        try:
            return self.names.index(name)
        except ValueError:
            near = get_close_matches(name, self.names, 1, 0.5)
            hint = f"did you mean '{near[0]}'? " if near else ""
            known = ", ".join(self.names)
            raise UsageError(f"unknown label '{name}'; {hint}the labels are {known}") from None

    def columns(self, other: LabelSet) -> list[int]:
        """For each name of `other`, its column in this set (for `values[..., columns]`)."""
        return [self.index(name) for name in other.names]

    def by_name(self, values: Sequence[float] | NDArray[np.floating]) -> Named:
        """Turn a vector (C,) into {name: value}."""
        return Named(self.names, values)

    def vector(self, values: Mapping[str, float]) -> NDArray[np.float64]:
        """Turn {name: value} into a vector (C,); a name left out counts as 0."""
        result = np.zeros(len(self))
        for name, value in values.items():
            result[self.index(name)] = value
        return result


EMOTIONS = LabelSet(
    "emotions7", ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
)
"""Ekman's six and neutral, as in AFEW, FER2013 and this project's answers."""

FERPLUS = LabelSet(
    "ferplus8",
    ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"),
)
"""FER+ (Barsoum et al. 2016): its eight emotions, in the column order of fer2013new.csv."""

"""What the parts of an answer have in common: their published form, and a word on each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mien.errors import printable

__all__ = ["Value", "cut", "surest"]

_NAME = 60  # characters of a name in a `repr`


class Value:
    """A part of an answer: two are equal if what is published of them is (`to_dict`)."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The same in plain JSON types, as the published schema describes it."""
        raise NotImplementedError

    def _key(self) -> tuple[object, ...]:
        """Some of what makes two of them equal."""
        raise NotImplementedError

    def _words(self) -> str:
        """What it is, in short."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((type(self), *self._key()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {printable(self._words())}>"


def surest(probabilities: Mapping[str, float] | None) -> str:
    """The likeliest label with its probability, in words."""
    if not probabilities:
        return "no label"
    label = max(probabilities, key=lambda name: probabilities[name])
    return f"{cut(label)} {probabilities[label]:.0%}"


def cut(name: str) -> str:
    """A name without its middle where it is long."""
    half = _NAME // 2
    return name if len(name) <= _NAME else f"{name[:half]}...{name[-half:]}"

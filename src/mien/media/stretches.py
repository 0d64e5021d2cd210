"""Stretches of time: collected one by one, joined where they are near, shown in a line."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Stretches", "told"]

_NAMED = 3  # stretches in a message
_NEAR = 1.0  # s between two that are joined

Spans = tuple[tuple[float, float], ...]


class Stretches:
    """Stretches that come in order of their starts; near ones are joined to save memory."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []

    def __bool__(self) -> bool:
        return bool(self._spans)

    def add(self, start: float, end: float) -> None:
        """Take [start, end) in seconds."""
        if self._spans and start - self._spans[-1][1] <= _NEAR:
            before = self._spans.pop()
            start, end = before[0], max(before[1], end)
        self._spans.append((start, end))

    @property
    def spans(self) -> Spans:
        """((start, end), ...) in seconds."""
        return tuple((round(start, 4), round(end, 4)) for start, end in self._spans)


def told(spans: Sequence[tuple[float, float]]) -> str:
    """The first stretches as text: "0.0-3.3 s, 5.0-6.0 s and 4 more"."""
    text = ", ".join(f"{start:.1f}-{end:.1f} s" for start, end in spans[:_NAMED])
    return text if len(spans) <= _NAMED else f"{text} and {len(spans) - _NAMED} more"

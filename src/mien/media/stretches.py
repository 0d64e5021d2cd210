"""Stretches of time: collected one by one, joined where they are near, shown in a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

__all__ = ["Stretches", "joined", "seen", "told", "usual_step"]

_NAMED = 3  # stretches in a message
_NEAR = 1.0  # s between two that are joined
_ROUNDED = 1e-3  # s; published times have four digits

Span = tuple[float, float]
Spans = tuple[Span, ...]


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


def seen(times: Sequence[float], gap: float, end: float | None = None) -> list[Span]:
    """When something was there, of which pictures were looked at now and then.

    Each sight stands for half of the usual time between two of them on both of its sides, and one
    after which no other was to come stands until the end.

    Args:
        times: rising seconds of the sights.
        gap: a longer pause between two sights is one.
        end: seconds that nothing goes on beyond; None is no such end.
    """
    spans: list[Span] = []
    steps = sorted(b - a for a, b in pairwise(times))
    step = min(steps[len(steps) // 2] if steps else 0.0, gap)
    for time in times:
        start = spans.pop()[0] if spans and time - spans[-1][1] <= gap else time
        spans.append((start, time))
    last = float("inf") if end is None else end
    return [
        (max(0.0, a - step / 2), max(a, last if last - b <= step + _ROUNDED else b + step / 2))
        for a, b in spans
    ]


def usual_step(times: Sequence[float]) -> float | None:
    """Median seconds between two of rising times, which is what each of them stands for; None of
    fewer than two.
    """
    return float(median(b - a for a, b in pairwise(times))) if len(times) > 1 else None


def joined(*parts: Sequence[Span]) -> list[Span]:
    """What any of several lists of stretches covers, in order, none touching another."""
    result: list[Span] = []
    for start, end in sorted(span for part in parts for span in part):
        if result and start <= result[-1][1] + 1e-6:
            before = result.pop()
            start, end = before[0], max(before[1], end)
        result.append((start, end))
    return result


def told(spans: Sequence[tuple[float, float]]) -> str:
    """The first stretches as text: "0.0-3.3 s, 5.0-6.0 s and 4 more"."""
    text = ", ".join(f"{start:.1f}-{end:.1f} s" for start, end in spans[:_NAMED])
    return text if len(spans) <= _NAMED else f"{text} and {len(spans) - _NAMED} more"

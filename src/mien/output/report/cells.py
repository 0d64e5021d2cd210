"""Overlapping windows as stretches that follow one another, for drawings and subtitles."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from mien.types import Person, Span

__all__ = ["GAP", "Cell", "Run", "cells", "runs", "sights", "thin", "window_at", "within"]

GAP = 0.6
"""Seconds between two sights of a person after which the person counts as out of view."""

Probabilities = Mapping[str, float]


@dataclass(frozen=True)
class Cell:
    """The stretch of time, in s, that a window stands for; probabilities None where absent."""

    start: float
    end: float
    probabilities: Probabilities | None


@dataclass(frozen=True)
class Run:
    """Cells of one likeliest label in a row, with the mean probability of that label."""

    start: float
    end: float
    label: str
    mean: float


def cells(timeline: Sequence[Span], branch: str | None = None) -> list[Cell]:
    """What each window of a timeline stands for.

    A window tells most about its middle, so where two windows overlap, the border lies halfway
    between their middles. Windows that do not touch leave a gap.

    Args:
        timeline: windows in order of their starts.
        branch: take this branch's probabilities; None takes the fused ones.
    """
    borders = [_border(a, b) for a, b in pairwise(timeline)]
    result = []
    for k, span in enumerate(timeline):
        start = span.start if k == 0 else borders[k - 1][1]
        end = span.end if k == len(timeline) - 1 else borders[k][0]
        values = span.probabilities if branch is None else span.branches.get(branch)
        result.append(Cell(start, end, values))
    return result


def _border(a: Span, b: Span) -> tuple[float, float]:
    """End of the one cell, start of the next."""
    if b.start > a.end + 1e-6:
        return a.end, b.start
    middle = (a.start + a.end + b.start + b.end) / 4
    return middle, middle


def thin(parts: Sequence[Cell], most: int) -> list[Cell]:
    """At most `most` cells: neighbours joined, with the mean of the probabilities that are there.

    Cells on two sides of a gap are not joined.
    """
    size = -(-len(parts) // most) if parts else 1
    if size <= 1:
        return list(parts)
    joined: list[list[Cell]] = []
    for cell in parts:
        last = joined[-1] if joined else None
        if last and len(last) < size and cell.start - last[-1].end < 1e-6:
            last.append(cell)
        else:
            joined.append([cell])
    return [Cell(group[0].start, group[-1].end, _mean(group)) for group in joined]


def _mean(group: Sequence[Cell]) -> Probabilities | None:
    rows = [cell.probabilities for cell in group if cell.probabilities is not None]
    if not rows:
        return None
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def runs(parts: Sequence[Cell]) -> Iterator[Run]:
    """Stretches of one likeliest label; cells without probabilities are gaps between them."""
    for (label, _), group in groupby(_numbered(parts), key=lambda item: item[0]):
        chosen = [cell for _, cell in group]
        if label is None:
            continue
        values = [(cell.probabilities or {})[label] for cell in chosen]
        yield Run(chosen[0].start, chosen[-1].end, label, sum(values) / len(values))


def _numbered(parts: Sequence[Cell]) -> Iterator[tuple[tuple[str | None, int], Cell]]:
    """Each cell with its label and the number of gaps before it."""
    gaps, end = 0, None
    for cell in parts:
        gaps += end is not None and cell.start - end > 1e-6
        end = cell.end
        values = cell.probabilities
        yield (None if values is None else max(values, key=lambda n: values[n]), gaps), cell


def sights(person: Person, gap: float = GAP) -> list[tuple[float, float]]:
    """When a person is in view: stretches (start, end) in s without a pause above `gap`."""
    times: NDArray[np.float64] = np.asarray(person.times, np.float64)
    if not len(times):
        return []
    cuts = np.flatnonzero(np.diff(times) > gap)
    starts, ends = times[np.r_[0, cuts + 1]], times[np.r_[cuts, len(times) - 1]]
    return [(float(a), float(b)) for a, b in zip(starts, ends, strict=True)]


def within(parts: Sequence[Cell], stretches: Sequence[tuple[float, float]]) -> list[Cell]:
    """The parts of cells that lie in the given stretches (start, end) in s, in order of time."""
    result, k = [], 0
    for start, end in stretches:
        while k < len(parts) and parts[k].end <= start:
            k += 1
        at = k
        while at < len(parts) and parts[at].start < end:
            cell = parts[at]
            low, high = max(cell.start, start), min(cell.end, end)
            result.append(Cell(low, high, cell.probabilities))
            at += 1
    return result


def window_at(timeline: Sequence[Span], time: float) -> Span | None:
    """The window whose middle is nearest to `time` in s; None for an empty timeline."""
    at = bisect_right(timeline, 2 * time, key=lambda span: span.start + span.end)
    near = timeline[max(0, at - 1) : at + 1]
    return min(near, key=lambda span: abs(span.start + span.end - 2 * time), default=None)

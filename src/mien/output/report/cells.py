"""Overlapping windows as stretches that follow one another, for drawings and subtitles."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from mien.features.windows import middles
from mien.media.stretches import joined, seen
from mien.types import Person, Prediction, Span

__all__ = [
    "GAP",
    "Cell",
    "Run",
    "cells",
    "clip_cells",
    "clip_window",
    "person_cells",
    "runs",
    "sights",
    "thin",
    "window_at",
    "within",
]

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

    See `mien.features.windows.middles`. Where a window reaches beyond what there was to go by, its
    stretch does too; `clip_cells` and `person_cells` have that cut off.

    Args:
        timeline: windows in order of their starts.
        branch: take this branch's probabilities; None takes the fused ones.
    """
    stretches = middles([(span.start, span.end) for span in timeline])
    return [
        Cell(start, end, span.probabilities if branch is None else span.branches.get(branch))
        for span, (start, end) in zip(timeline, stretches, strict=True)
    ]


def clip_cells(
    p: Prediction, branch: str | None = None, timeline: Sequence[Span] | None = None
) -> list[Cell]:
    """The stretches of an answer, or of one branch of it, gaps where nothing was there to go by.

    The one convention of all outputs: what a window stands for, cut at the borders of what the
    branch, or any branch, went by.

    Args:
        p: the answer.
        branch: None is all of them, joined.
        timeline: other windows over the same clip (the relative ones); None is the answer's own.
    """
    names = list(p.branches) if branch is None else [branch]
    spans = [p.branches[name].spans for name in names if name in p.branches]
    parts = cells(p.timeline if timeline is None else timeline, branch)
    if any(each is None for each in spans) or not _lasts(p):
        return parts
    return within(parts, joined(*(each for each in spans if each)))


def _lasts(p: Prediction) -> bool:
    """Whether there is any time in it; a still picture has none."""
    return bool(p.timeline) and p.timeline[-1].end > 0


def person_cells(person: Person, end: float) -> list[Cell]:
    """The stretches of one person: what its windows stand for, while the person is in view.

    Args:
        person: of an answer.
        end: seconds of the file.
    """
    return within(cells(person.timeline), sights(person, end=end))


def clip_window(p: Prediction, time: float) -> Span | None:
    """The window to show at `time` s; None where there was nothing to go by."""
    spans = [say.spans for say in p.branches.values()]
    if _lasts(p) and all(each is not None for each in spans):
        stretches = joined(*(each for each in spans if each))
        at = bisect_right(stretches, time, key=lambda span: span[0]) - 1
        if at < 0 or time > stretches[at][1]:
            return None
    return window_at(p.timeline, time)


def thin(parts: Sequence[Cell], most: int) -> list[Cell]:
    """At most `most` cells: neighbours joined, with the mean of the probabilities that are there.

    Cells on two sides of a gap are not joined.
    """
    size = -(-len(parts) // most) if parts else 1
    if size <= 1:
        return list(parts)
    groups: list[list[Cell]] = []
    for cell in parts:
        last = groups[-1] if groups else None
        if last and len(last) < size and cell.start - last[-1].end < 1e-6:
            last.append(cell)
        else:
            groups.append([cell])
    return [Cell(group[0].start, group[-1].end, _mean(group)) for group in groups]


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


def sights(person: Person, gap: float = GAP, end: float | None = None) -> list[tuple[float, float]]:
    """When a person is in view: stretches (start, end) in s without a pause above `gap`.

    See `mien.media.stretches.seen`; `end` is of the file.
    """
    return seen(person.times.tolist(), gap, end)


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

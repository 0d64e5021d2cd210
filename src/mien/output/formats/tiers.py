"""Tiers of labelled stretches for annotation programs: the clip, each branch, each person."""

from __future__ import annotations

from dataclasses import dataclass

from mien.core.published import readable
from mien.output.report.cells import Cell, Run, clip_cells, person_cells, runs
from mien.types import Prediction

__all__ = ["Tier", "length", "plain", "tiers"]


@dataclass(frozen=True)
class Tier:
    """Stretches of one label each, in order of time, none of them overlapping.

    Args:
        name: unique within an answer.
        runs: the stretches; where nothing was there to go by, there is a gap.
    """

    name: str
    runs: tuple[Run, ...]


def length(p: Prediction) -> float:
    """Seconds from 0 to the end of the file, or of the timeline where the file has no end."""
    last = p.timeline[-1].end if p.timeline else 0.0
    return float(p.source["duration"]) or last


def tiers(p: Prediction) -> list[Tier]:
    """The clip's own tier ("clip"), one for each branch, each person, and who of them speaks."""
    cells_by_name = {"clip": clip_cells(p)}
    cells_by_name |= {f"clip, {name}": clip_cells(p, name) for name in p.branches}
    end = length(p)
    for person in p.people:
        cells_by_name[f"person {person.id}"] = person_cells(person, end)
    made = [Tier(plain(name), _stretches(parts, end)) for name, parts in cells_by_name.items()]
    return made + ([Tier("speaker", speakers)] if (speakers := _speakers(p, end)) else [])


def _speakers(p: Prediction, end: float) -> tuple[Run, ...]:
    """Who of the people speaks when."""
    spoken = [
        Run(round(start, 3), round(min(stop, end), 3), f"person {person.id}", 1.0)
        for person in p.people
        if person.speech is not None
        for start, stop in person.speech.spans
    ]
    return tuple(sorted((run for run in spoken if run.start < run.end), key=lambda r: r.start))


def _stretches(parts: list[Cell], end: float) -> tuple[Run, ...]:
    """Runs with times in whole milliseconds, cut at `end`; one that is empty then is left out."""
    stretches = []
    for run in runs(parts):
        start, stop = round(run.start, 3), round(min(run.end, end), 3)
        if start < stop:
            stretches.append(Run(start, stop, plain(run.label), run.mean))
    return tuple(stretches)


def plain(text: str) -> str:
    """Text on one line, of characters that XML allows."""
    kept = "".join(c for c in readable(text) if c.isprintable() or c.isspace())
    return " ".join(kept.split())

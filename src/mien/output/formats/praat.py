"""Praat's TextGrid, the long text form (Praat manual, "TextGrid file formats")."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.output.formats.tiers import Tier, length, tiers
from mien.types import Prediction

__all__ = ["write_textgrid"]


def write_textgrid(p: Prediction, path: Path) -> None:
    """Write interval tiers for the clip, each branch and each person; gaps have empty text.

    Raises:
        UsageError: the answer is that of a still picture, which has no time.
        OutputError: the file cannot be written.
    """
    end = round(length(p), 3)
    if end <= 0:
        raise UsageError(f"{p.source['path']}: has no duration, and a TextGrid needs one")
    with atomic(path) as part, part.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in _lines(tiers(p), end))


def _lines(tier_list: list[Tier], end: float) -> Iterator[str]:
    yield from ('File type = "ooTextFile"', 'Object class = "TextGrid"', "")
    yield from (
        "xmin = 0",
        f"xmax = {end}",
        "tiers? <exists>",
        f"size = {len(tier_list)}",
        "item []:",
    )
    for number, tier in enumerate(tier_list, 1):
        intervals = list(_filled(tier, end))
        yield f"    item [{number}]:"
        yield '        class = "IntervalTier"'
        yield f"        name = {_quoted(tier.name)}"
        yield "        xmin = 0"
        yield f"        xmax = {end}"
        yield f"        intervals: size = {len(intervals)}"
        for index, (start, stop, text) in enumerate(intervals, 1):
            yield f"        intervals [{index}]:"
            yield f"            xmin = {start}"
            yield f"            xmax = {stop}"
            yield f"            text = {_quoted(text)}"


def _filled(tier: Tier, end: float) -> Iterator[tuple[float, float, str]]:
    """Intervals from 0 to the end without gaps, as Praat needs them."""
    at = 0.0
    for run in tier.runs:
        if run.start > at:
            yield at, run.start, ""
        yield run.start, run.end, run.label
        at = run.end
    if at < end:
        yield at, end, ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'

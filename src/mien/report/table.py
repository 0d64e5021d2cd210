"""The timeline as a table: a row for each window, the columns of `COLUMNS`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mien.labels import EMOTIONS
from mien.types import Prediction

__all__ = ["COLUMNS", "rows"]

PARTS = ("", "face", "voice")
"""Prefixes: fused, then each branch."""

COLUMNS = (
    "start",
    "end",
    "label",
    *(f"{part}_{name}" if part else name for part in PARTS for name in EMOTIONS.names),
)
"""Times in s, the fused label and probabilities, then face_* and voice_* ones."""

Cell = float | str | None


def rows(p: Prediction) -> Iterator[dict[str, Cell]]:
    """One row for each window, None in the cells of what was absent."""
    for span in p.timeline:
        row: dict[str, Cell] = {
            "start": round(float(span.start), 4),
            "end": round(float(span.end), 4),
            "label": span.label,
        }
        row |= _cells("", span.probabilities)
        for part in PARTS[1:]:
            row |= _cells(f"{part}_", span.branches.get(part))
        yield row


def _cells(prefix: str, values: Mapping[str, float] | None) -> dict[str, Cell]:
    return {
        prefix + name: None if values is None else round(float(values[name]), 6)
        for name in EMOTIONS.names
    }

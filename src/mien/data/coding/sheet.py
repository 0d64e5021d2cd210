"""Sheets of `mien data propose` and `mien data agree`: a column annotator_NAME for each coder."""

from __future__ import annotations

from collections.abc import Iterator

from mien.data.coding.columns import CLIP, PERSON
from mien.data.coding.plain import no_use
from mien.data.coding.quantities import seconds, stretch_times
from mien.data.coding.stretch import CodedStretch, Entry, plain_label
from mien.data.coding.table import Row, Table
from mien.evaluation.agreement import COLUMN
from mien.types import Reason

__all__ = ["annotators", "is_sheet", "sheet_entries"]


def is_sheet(table: Table) -> bool:
    """Whether there is a clip, and a column for an annotator."""
    return table.has(CLIP) and bool(annotators(table))


def annotators(table: Table) -> tuple[str, ...]:
    """Names of those who have a column."""
    return tuple(n.removeprefix(COLUMN) for n in table.names if n.startswith(COLUMN))


def sheet_entries(table: Table) -> Iterator[Entry]:
    """A stretch for each label that an annotator wrote; "-" and "" are none."""
    for row in table.rows:
        try:
            start, end = stretch_times(
                seconds(row.cells.get("start", "")), seconds(row.cells.get("end", ""))
            )
        except ValueError as error:
            yield Reason("coding_row", f"{row.where}: {error}")
            continue
        yield from _stretches(table, row, start, end)


def _stretches(table: Table, row: Row, start: float, end: float | None) -> Iterator[CodedStretch]:
    for name in annotators(table):
        label = plain_label(row.cells[COLUMN + name])
        if not no_use(label):
            yield CodedStretch(
                clip=row.first(CLIP),
                start=start,
                end=end,
                label=label,
                coder=name,
                person=row.first(PERSON),
                where=row.where,
            )

"""Plain tables: start, end, label, and where they are there coder, intensity, clip and person.

Column names are those of `columns`; a table without names has the order start, end, label, coder,
intensity. A manifest (path, label) is one too: without times a label is of the whole clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from mien.data.coding.columns import (
    CLIP,
    CODER,
    DURATION,
    END,
    INTENSITY,
    LABEL,
    PERSON,
    START,
)
from mien.data.coding.quantities import number, seconds, stretch_times
from mien.data.coding.stretch import CodedStretch, Entry, plain_label
from mien.data.coding.table import Row, Table
from mien.types import Reason

__all__ = ["is_plain", "named", "no_use", "plain_entries"]

_ORDER = ("start", "end", "label", "coder", "intensity")


def is_plain(table: Table) -> bool:
    """Whether the columns are those of a plain table."""
    timed = table.has(START, (*END, *DURATION)) or table.has(CLIP)
    return timed and table.has(LABEL)


def named(table: Table) -> Table | None:
    """A table without names of columns with names, if its first line is a coded stretch."""
    cells = table.names
    if not 3 <= len(cells) <= len(_ORDER):
        return None
    try:
        stretch_times(seconds(cells[0]), seconds(cells[1]))
    except ValueError:
        return None
    columns = _ORDER[: len(cells)]
    first = Row(f"{table.path}: line 1", dict(zip(columns, cells, strict=True)))
    rows = (
        Row(r.where, {name: r.cells[old] for name, old in zip(columns, cells, strict=True)})
        for r in table.rows
    )
    return Table(table.path, columns, chain([first], rows))


def plain_entries(table: Table) -> Iterator[Entry]:
    """A stretch or a problem for each row that has a label."""
    for row in table.rows:
        if row.surplus:
            text = "more cells than columns; where commas are decimal, separate the cells with ;"
            yield Reason("coding_row", f"{row.where}: {text}")
            continue
        label = plain_label(row.first(LABEL))
        if not no_use(label):
            yield _entry(table, row, label)


def no_use(label: str) -> bool:
    """Whether a cell says that nothing was coded: it is empty, or "-"."""
    return label in ("", "-")


def _entry(table: Table, row: Row, label: str) -> Entry:
    try:
        start, end = stretch_times(
            seconds(row.first(START)), seconds(row.first(END)), number(row.first(DURATION))
        )
        intensity = number(row.first(INTENSITY))
    except ValueError as error:
        return Reason("coding_row", f"{row.where}: {error}")
    return CodedStretch(
        clip=row.first(CLIP) or table.path.stem,
        start=start,
        end=end,
        label=label,
        coder=row.first(CODER),
        person=row.first(PERSON),
        intensity=intensity,
        where=row.where,
    )

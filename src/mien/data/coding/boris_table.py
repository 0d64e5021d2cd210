"""BORIS's exported events: "Export events" (starts and stops) and "Export aggregated events".

The columns are those of BORIS 7 and 8 (Friard & Gamba 2016, https://www.boris.unito.it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import cast

from mien.data.coding.columns import CLIP
from mien.data.coding.pairing import Event, Kind, paired
from mien.data.coding.quantities import number, seconds, stretch_times
from mien.data.coding.stretch import CodedStretch, Entry, plain_label
from mien.data.coding.table import Row, Table
from mien.types import Reason

__all__ = ["boris_entries", "boris_person", "is_boris", "modifier_intensity"]

_KIND = ("behavior type", "status")
_OBSERVATION = ("observation id",)
_MODIFIERS = ("intensity", "modifiers", "modifier #1", "modifier 1")
_NOBODY = "no focal subject"


def is_boris(table: Table) -> bool:
    """Whether the columns are those of one of the two exports."""
    return table.has(("behavior",), _KIND) and (
        table.has(("start (s)",), ("stop (s)",)) or table.has(("time",))
    )


def boris_person(subject: str) -> str:
    """The subject; "" where BORIS says that it is nobody."""
    return "" if subject.strip().casefold() == _NOBODY else subject.strip()


def modifier_intensity(text: str) -> float | None:
    """A modifier that is a number is an intensity; others are none."""
    try:
        return number(text)
    except ValueError:
        return None


def boris_entries(table: Table) -> Iterator[Entry]:
    """A stretch or a problem for each state that was coded.

    Times of an observation of several media files run on from one to the next: without the
    lengths of the files such rows have no place, and the project file has to be read instead.
    """
    files: dict[str, set[str]] = defaultdict(set)
    for row in table.rows:
        files[row.first(_OBSERVATION)].add(row.first(CLIP))
    several = {name for name, clips in files.items() if len(clips) > 1}
    for name in sorted(several):
        text = f"observation '{name}' has several media files; give the project file (.boris)"
        yield Reason("coding_media", f"{table.path}: {text}")
    rows = [row for row in table.rows if row.first(_OBSERVATION) not in several]
    if table.has(("start (s)",)):
        yield from (_aggregated(table, row) for row in rows)
        return
    events = []
    for row in rows:
        event = _event(table, row)
        if isinstance(event, Reason):
            yield event
        else:
            events.append(event)
    yield from paired(events)


def _clip(table: Table, row: Row) -> str:
    return row.first(CLIP) or row.first(_OBSERVATION) or table.path.stem


def _aggregated(table: Table, row: Row) -> Entry:
    label = plain_label(row.cells["behavior"])
    if row.first(_KIND).casefold() == "point":
        text = f"'{label}' is a point in time; code it as a state, with start and stop"
        return Reason("coding_point", f"{row.where}: {text}")
    try:
        start, end = stretch_times(seconds(row.cells["start (s)"]), seconds(row.cells["stop (s)"]))
    except ValueError as error:
        return Reason("coding_row", f"{row.where}: {error}")
    if end is None:
        return Reason("coding_unpaired", f"{row.where}: '{label}' starts and never stops")
    return CodedStretch(
        clip=_clip(table, row),
        start=start,
        end=end,
        label=label,
        person=boris_person(row.cells.get("subject", "")),
        intensity=modifier_intensity(row.first(_MODIFIERS)),
        where=row.where,
    )


def _event(table: Table, row: Row) -> Event | Reason:
    kind = row.first(_KIND).casefold()
    if kind not in ("start", "stop", "point"):
        return Reason("coding_row", f"{row.where}: status '{kind}' is none of START, STOP, POINT")
    try:
        time = seconds(row.cells["time"])
    except ValueError as error:
        return Reason("coding_row", f"{row.where}: {error}")
    if time is None:
        return Reason("coding_row", f"{row.where}: has no time")
    return Event(
        clip=_clip(table, row),
        time=time,
        kind=cast(Kind, kind),
        label=plain_label(row.cells["behavior"]),
        person=boris_person(row.cells.get("subject", "")),
        intensity=modifier_intensity(row.first(_MODIFIERS)),
        where=row.where,
    )

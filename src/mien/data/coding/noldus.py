"""Tables like those that The Observer XT (Noldus) exports: a line for each start and stop.

Columns `Time_Relative_sf` (s) or `Time_Relative_hms`, `Duration_sf`, `Observation`, `Subject`,
`Behavior`, `Event_Type` ("State start", "State stop", "State point", "Point").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from mien.data.coding.boris_table import modifier_intensity
from mien.data.coding.columns import CLIP, PERSON
from mien.data.coding.pairing import Event, Kind, paired
from mien.data.coding.quantities import seconds
from mien.data.coding.stretch import Entry, plain_label
from mien.data.coding.table import Row, Table
from mien.types import Reason

__all__ = ["is_noldus", "noldus_entries"]

_TIME = ("time_relative_sf", "time_relative_s", "time_relative_hmsf", "time_relative_hms")
_KIND = ("event_type", "event type")
_OBSERVATION = ("observation", "observation name")
_MODIFIERS = ("intensity", "modifier_1", "modifier 1")
_KINDS = {"state start": "start", "state stop": "stop", "state point": "point", "point": "point"}


def is_noldus(table: Table) -> bool:
    """Whether the columns are those of an export of The Observer."""
    return table.has(("behavior", "behaviour"), _KIND, _TIME)


def noldus_entries(table: Table) -> Iterator[Entry]:
    """A stretch or a problem for each state that was coded."""
    events = []
    for row in table.rows:
        event = _event(table, row)
        if isinstance(event, Reason):
            yield event
        elif event is not None:
            events.append(event)
    yield from paired(events)


def _event(table: Table, row: Row) -> Event | Reason | None:
    label = plain_label(row.first(("behavior", "behaviour")))
    if not label:  # a comment, or the start of the recording
        return None
    kind = _KINDS.get(" ".join(row.first(_KIND).casefold().split()))
    if kind is None:
        text = f"event type '{row.first(_KIND)}' is none of State start, State stop, Point"
        return Reason("coding_row", f"{row.where}: {text}")
    try:
        time = seconds(row.first(_TIME))
    except ValueError as error:
        return Reason("coding_row", f"{row.where}: {error}")
    if time is None:
        return Reason("coding_row", f"{row.where}: has no time")
    return Event(
        clip=row.first(CLIP) or row.first(_OBSERVATION) or table.path.stem,
        time=time,
        kind=cast(Kind, kind),
        label=label,
        person=row.first(PERSON),
        intensity=modifier_intensity(row.first(_MODIFIERS)),
        where=row.where,
    )

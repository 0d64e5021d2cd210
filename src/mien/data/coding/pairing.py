"""Stretches from lists of events: what starts and what stops, each on a line of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from mien.data.coding.stretch import CodedStretch, Entry
from mien.types import Reason

__all__ = ["Event", "paired"]

Kind = Literal["start", "stop", "point", "toggle"]


@dataclass(frozen=True)
class Event:
    """A change of state.

    Args:
        clip: the media file.
        time: seconds from the start of the clip.
        kind: "toggle" starts what is off and stops what is on.
        label: in lower case.
        person: who is observed.
        intensity: on the coder's scale.
        where: its place, for messages.
    """

    clip: str
    time: float
    kind: Kind
    label: str
    person: str = ""
    intensity: float | None = None
    where: str = ""


def paired(events: Iterable[Event]) -> Iterator[Entry]:
    """Stretches from starts and stops of one label of one person, in order of time.

    A point is no stretch; a stop without a start, and a start without a stop, are problems.
    """
    running: dict[tuple[str, str, str], Event] = {}
    changes = list(events)
    clip_order = {clip: k for k, clip in enumerate(dict.fromkeys(e.clip for e in changes))}
    for event in sorted(changes, key=lambda e: (clip_order[e.clip], e.time)):
        key = (event.clip, event.person, event.label)
        if event.kind == "point":
            text = f"'{event.label}' is a point in time; code it as a state, with start and stop"
            yield Reason("coding_point", f"{event.where}: {text}")
        elif event.kind == "start" or (event.kind == "toggle" and key not in running):
            if key in running:
                yield _unpaired(event, "starts while it is on already")
            running[key] = event
        elif key in running:
            yield from _stretch(running.pop(key), event)
        else:
            yield _unpaired(event, "stops without a start")
    for event in running.values():
        yield _unpaired(event, "starts and never stops")


def _stretch(first: Event, last: Event) -> Iterator[Entry]:
    if last.time <= first.time:
        yield _unpaired(first, f"starts and stops at {first.time:g} s")
        return
    yield CodedStretch(
        clip=first.clip,
        start=first.time,
        end=last.time,
        label=first.label,
        person=first.person,
        intensity=first.intensity,
        where=first.where,
    )


def _unpaired(event: Event, fault: str) -> Reason:
    return Reason("coding_unpaired", f"{event.where}: '{event.label}' {fault}")

"""BORIS's project file (.boris, JSON): all observations with their media files.

An event is a list of time in s, subject, behaviour, modifiers, comment; states have no sign for
start and stop but take turns. Times of several files in a row run on from one to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from msgspec import Struct, field

from mien.core.checked import MisfitError, checked
from mien.data.coding.boris_table import boris_person, modifier_intensity
from mien.data.coding.pairing import Event, paired
from mien.data.coding.stretch import Entry, plain_label
from mien.errors import UsageError
from mien.types import Reason

__all__ = ["is_project", "project_entries"]

Scalar = str | float | int | bool | None


class _Behaviour(Struct):
    code: str
    type: str = "State event"


class _Media(Struct):
    length: dict[str, float] = {}


class _Observation(Struct):
    file: dict[str, list[str]] | list[str] = {}
    events: list[list[Scalar]] = []
    media_info: _Media = field(default_factory=_Media)
    time_offset: float = field(name="time offset", default=0.0)

    @property
    def films(self) -> list[str]:
        """Media files of the first player, in order."""
        return self.file.get("1", []) if isinstance(self.file, dict) else self.file


class _Project(Struct):
    observations: dict[str, _Observation]
    behaviors_conf: dict[str, _Behaviour] = {}


def is_project(content: object) -> bool:
    """Whether a parsed JSON file is a project of BORIS."""
    return isinstance(content, dict) and "observations" in content


def _project(path: Path, content: object) -> _Project:
    try:
        return checked(content, _Project)
    except MisfitError as error:
        raise UsageError(f"{path}: not a project of BORIS: {error}") from None


def project_entries(path: Path, content: object) -> Iterator[Entry]:
    """A stretch or a problem for each state in each observation.

    Raises:
        UsageError: it is no project of BORIS.
    """
    project = _project(path, content)
    points = {b.code for b in project.behaviors_conf.values() if b.type.startswith("Point")}
    for name, observation in project.observations.items():
        where = f"{path}: observation '{name}'"
        if observation.events and not observation.films:
            yield Reason("coding_media", f"{where} has no media file (a live observation)")
            continue
        if observation.time_offset:
            text = f"has a time offset of {observation.time_offset:g} s, which is not applied"
            yield Reason("coding_offset", f"{where} {text}")
        yield from _observed(where, observation, points)


def _observed(where: str, observation: _Observation, points: set[str]) -> Iterator[Entry]:
    events = []
    for number, content in enumerate(observation.events, 1):
        event = _event(f"{where}: event {number}", content, observation, points)
        if isinstance(event, Reason):
            yield event
        else:
            events.append(event)
    yield from paired(events)


def _event(
    where: str, content: list[Scalar], observation: _Observation, points: set[str]
) -> Event | Reason:
    if len(content) < 3 or not isinstance(content[0], int | float):
        return Reason("coding_row", f"{where}: is not time, subject, behaviour")
    placed = _placed(float(content[0]), observation)
    if placed is None:
        text = f"{where}: at {content[0]:g} s lies in no media file"
        return Reason("coding_media", text)
    clip, time = placed
    code = str(content[2])
    return Event(
        clip=clip,
        time=time,
        kind="point" if code in points else "toggle",
        label=plain_label(code),
        person=boris_person(str(content[1] or "")),
        intensity=modifier_intensity(str(content[3] or "")) if len(content) > 3 else None,
        where=where,
    )


def _placed(time: float, observation: _Observation) -> tuple[str, float] | None:
    """The media file that plays at a time, and the time in it; None where that is not known."""
    films, lengths = observation.films, observation.media_info.length
    for k, film in enumerate(films):
        last = k == len(films) - 1
        if film not in lengths and not last:
            return None
        if last or time < lengths[film]:
            return (_name(film), time) if time >= 0 else None
        time -= lengths[film]
    return None


def _name(film: str) -> str:
    return PureWindowsPath(film).name  # which knows both kinds of slashes

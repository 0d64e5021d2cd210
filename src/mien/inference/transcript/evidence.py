"""What the branches found of a clip, person by person, so that any stretch of it can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mien.features.windows import GRID
from mien.inference.aggregation import BranchOutput
from mien.inference.analysis import Observed
from mien.inference.bundle import Bundle
from mien.inference.decide import tracks_in_order
from mien.inference.evidence import Evidence, GridStats
from mien.types import Prediction

__all__ = ["ClipEvidence", "Presence", "between", "evidence_of", "presence_of", "speaking_of"]

Cells = Mapping[str, Sequence[int]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Presence:
    """When a person was in view.

    Args:
        times: (N,) seconds, rising.
        areas: (N,) px² of the face then.
        step: seconds that each of them stands for.
    """

    times: Floats
    areas: Floats
    step: float

    def seconds(self, start: float, end: float) -> float:
        """How long within [start, end)."""
        return float(self._covered(start, end).sum())

    def area(self, start: float, end: float) -> float:
        """Seconds in view within [start, end) times the mean area of the face."""
        return float(self._covered(start, end) @ self.areas)

    def _covered(self, start: float, end: float) -> Floats:
        """(N,) seconds of [start, end) that each sight stands for."""
        until = np.append(self.times[1:], np.inf)
        last = np.minimum(np.minimum(self.times + self.step, until), end)
        return np.asarray(np.maximum(last - np.maximum(self.times, start), 0.0))


@dataclass(frozen=True)
class ClipEvidence:
    """Of one clip.

    Args:
        people: {person id: {branch: what it found of this person's face}}.
        shared: {branch: what it found of the voice, or of the whole picture}.
        presence: {person id: when in view}.
        speaking: {person id: when in view and speaking}, of those who speak.
        beyond: {person id: {code of a warning: cells where it holds}}.
        sound_beyond: the same of the sound.
        duration: seconds of the clip.
    """

    people: Mapping[int, Mapping[str, Evidence]]
    shared: Mapping[str, Evidence]
    presence: Mapping[int, Presence]
    duration: float
    speaking: Mapping[int, Presence] = field(default_factory=dict)
    beyond: Mapping[int, Cells] = field(default_factory=dict)
    sound_beyond: Cells = field(default_factory=dict)

    def between(
        self, bundle: Bundle, start: float, end: float, person: int | None
    ) -> dict[str, BranchOutput | None]:
        """{branch: what it says of [start, end) seconds}, with one person's face."""
        parts: dict[str, Evidence] = {**self.shared, **self.people.get(person or 0, {})}
        return {
            branch: between(parts[branch], start, end) if branch in parts else None
            for branch in bundle.spec.branches
        }

    def warned(self, start: float, end: float, person: int | None) -> Iterator[tuple[str, float]]:
        """(code of a warning, the share of [start, end) where it holds)."""
        first, last = _cells(start, end)
        every = {**self.sound_beyond, **self.beyond.get(person or 0, {})}
        for code, cells in every.items():
            here = sum(first <= cell < last for cell in cells)
            yield code, here / (last - first)


def evidence_of(observed: Observed, prediction: Prediction) -> ClipEvidence:
    """The evidence behind an answer, under the ids that its people have."""
    session, levels = observed.session, observed.media.levels
    tracks = tracks_in_order(observed.bundle, session, levels)
    ids = [person.id for person in prediction.people]
    return ClipEvidence(
        people={number: track.evidence for number, track in zip(ids, tracks, strict=True)},
        shared={**session.voice, **session.scene},
        presence=presence_of(prediction),
        duration=float(prediction.source["duration"]),
        speaking=speaking_of(prediction),
        beyond={
            number: {code: cells for code, (_, cells) in track.watch.beyond().items()}
            for number, track in zip(ids, tracks, strict=True)
        },
        sound_beyond={code: cells for code, (_, cells) in session.watch.beyond().items()},
    )


def presence_of(prediction: Prediction) -> dict[int, Presence]:
    """{person id: when in view}, from the boxes of an answer."""
    result = {}
    for person in prediction.people:
        times = np.asarray(person.times, np.float64)
        boxes = np.asarray(person.boxes, np.float64)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        step = float(np.median(np.diff(times))) if len(times) > 1 else GRID / 2
        result[person.id] = Presence(times, areas, step)
    return result


def speaking_of(prediction: Prediction) -> dict[int, Presence]:
    """{person id: when in view and speaking}, of those who speak."""
    result = {}
    presence = presence_of(prediction)
    for person in prediction.people:
        if person.speech is not None:
            seen = presence[person.id]
            spoken = np.zeros(len(seen.times), bool)
            for start, end in person.speech.spans:
                spoken |= (seen.times > start - seen.step) & (seen.times < end)
            result[person.id] = Presence(seen.times[spoken], seen.areas[spoken], seen.step)
    return result


def between(part: Evidence, start: float, end: float) -> BranchOutput | None:
    """What a branch says of [start, end) seconds.

    Statistics on the time grid are merged over the cells whose middle lies within, so a border is
    off by a quarter of a second at most; rows and sound are cut exactly.
    """
    if isinstance(part, GridStats):
        first, last = _cells(start, end)
        return part.between(first * GRID, last * GRID)
    return part.between(start, end)


def _cells(start: float, end: float) -> tuple[int, int]:
    """First cell and the one after the last: those with their middle within, or the nearest."""
    first, last = int(np.ceil(start / GRID - 0.5)), int(np.ceil(end / GRID - 0.5))
    if last <= first:
        first = int((start + end) / 2 / GRID)
        last = first + 1
    return max(0, first), max(1, last)

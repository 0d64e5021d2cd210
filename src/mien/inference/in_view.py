"""Who of the people an answer goes by at each time: who speaks, or else the largest face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.features.windows import GRID
from mien.inference.bundle import Bundle
from mien.inference.persons import joint, sight_cells, within
from mien.inference.session import Track
from mien.inference.speaking.who import OFF_SCREEN
from mien.inference.stillness import candidates

__all__ = ["InView", "in_view"]

_LARGER = 1.5  # times the area that another face needs to take over from one that is still in view
_SHARE, _LEAST = 0.1, 1.0  # of all seconds, and s: what two people may differ by and count as equal

Areas = list[dict[int, float]]


@dataclass(frozen=True)
class InView:
    """The people, those first whom most of the answer is by.

    Args:
        people: one track each.
        holders: {cell of the time grid: place in `people` of whom the answer goes by}.
        seconds: that the answer goes by each of them.
        track: all of that as one; None where there is nobody.
        speakers: {cell: place in `people`, or `OFF_SCREEN`, of who speaks}; empty where nobody
            does, or where it is not known.
    """

    people: list[Track]
    holders: Mapping[int, int]
    seconds: list[float]
    track: Track | None
    speakers: Mapping[int, int]

    def holder(self, start: float, end: float) -> int | None:
        """Who it is in most of the cells that [start, end) seconds touch; None is nobody.

        Of two in equally many, the one that comes first in time.
        """
        return _most(self.holders, start, end)

    def speaker(self, start: float, end: float) -> int | None:
        """Who speaks in [start, end) seconds, likewise; None is nobody, or not known."""
        return _most(self.speakers, start, end)

    def spoken(self, place: int) -> set[int]:
        """The cells in which one of the people, or `OFF_SCREEN`, speaks."""
        return {cell for cell, speaker in self.speakers.items() if speaker == place}


def _most(places: Mapping[int, int], start: float, end: float) -> int | None:
    first, last = int(np.floor(start / GRID + 1e-9)), int(np.ceil(end / GRID - 1e-9))
    here = [places[cell] for cell in range(first, max(last, first + 1)) if cell in places]
    return max(here, key=here.count, default=None)


def in_view(
    bundle: Bundle, people: Sequence[Track], speakers: Mapping[int, int] | None = None
) -> InView:
    """Choose whom the answer goes by in each cell, and put the people in order.

    Photographs are passed over where another face moves (`mien.inference.stillness`).

    Args:
        bundle: the model.
        people: of `mien.inference.persons.people`.
        speakers: {cell: place in `people`, or `OFF_SCREEN`, of who speaks}, where that is known.
    """
    speakers = speakers or {}
    alive = {id(track) for track in candidates(people)}
    areas = [_areas(track) if id(track) in alive else {} for track in people]
    holders = _holders(areas, speakers)
    held = [{cell for cell, who in holders.items() if who == n} for n in range(len(people))]
    parts = [within(bundle, track, cells) for track, cells in zip(people, held, strict=True)]
    seconds = [_seconds(track, part) for track, part in zip(people, parts, strict=True)]
    order = _order(people, seconds)
    position = {n: k for k, n in enumerate(order)}
    parts = [part for part in parts if part.times]
    return InView(
        [people[n] for n in order],
        {cell: position[who] for cell, who in holders.items()},
        [seconds[n] for n in order],
        joint(bundle, parts) if parts else None,
        {cell: position.get(speaker, OFF_SCREEN) for cell, speaker in speakers.items()},
    )


def _areas(track: Track) -> dict[int, float]:
    """{cell: px^2 of the boxes seen in it, summed}."""
    boxes: NDArray[np.float32] = np.stack(track.boxes)
    result: dict[int, float] = {}
    for cell, area in zip(sight_cells(track), np.prod(boxes[:, 2:] - boxes[:, :2], 1), strict=True):
        result[cell] = result.get(cell, 0.0) + float(area)
    return result


def _holders(areas: Areas, speakers: Mapping[int, int]) -> dict[int, int]:
    """{cell: place of the person}; somebody in view keeps it until another is clearly larger."""
    holders: dict[int, int] = {}
    before = -1
    for cell in sorted({cell for sizes in areas for cell in sizes}):
        in_cell = {n: sizes[cell] for n, sizes in enumerate(areas) if cell in sizes}
        if speakers.get(cell) in in_cell:
            before = speakers[cell]
        else:
            largest = max(in_cell, key=lambda n: (in_cell[n], -n))
            if before not in in_cell or in_cell[largest] > _LARGER * in_cell[before]:
                before = largest
        holders[cell] = before
    return holders


def _seconds(track: Track, part: Track) -> float:
    """How long a part of a track is, each sight standing for the usual time between two."""
    return (track.seconds or 0.0) * len(part.times) / len(track.times)


def _order(people: Sequence[Track], seconds: Sequence[float]) -> list[int]:
    """Places, by the seconds that the answer goes by each, then by first sight.

    Seconds are coarse, so that a picture more or less, as after packing the same packets anew,
    does not turn two people round.
    """
    step = max(_LEAST, _SHARE * sum(seconds))

    def key(n: int) -> tuple[float, bool, int]:
        return -round(seconds[n] / step), not seconds[n], n

    return sorted(range(len(people)), key=key)

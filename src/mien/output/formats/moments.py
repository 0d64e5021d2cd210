"""The faces in each picture, for formats that list faces by picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mien.core.atomic import atomic
from mien.output.report.cells import window_at
from mien.types import Person, Prediction

__all__ = ["Face", "Shape", "moments", "ranked", "write_moments"]

Shape = dict[str, object]


@dataclass(frozen=True)
class Face:
    """One face in one picture.

    Args:
        person: number within the file; 1 is the main person.
        box: x, y of the left upper corner, width and height in whole pixels of the upright frame.
        probabilities: {label: p} of the window whose middle is nearest.
    """

    person: int
    box: tuple[int, int, int, int]
    probabilities: Mapping[str, float]


def moments(p: Prediction) -> Iterator[tuple[float, list[Face]]]:
    """(seconds, the faces seen then, the main person first), for each picture with a face."""
    seen: dict[float, list[Face]] = {}
    for person in p.people:
        for time, box in zip(person.times.tolist(), person.boxes.tolist(), strict=True):
            probabilities = _at(person, time)
            if probabilities:  # a face may be too small or too short for any branch
                face = Face(person.id, _box(*box), probabilities)
                seen.setdefault(round(time, 4), []).append(face)
    yield from sorted(seen.items())


def ranked(probabilities: Mapping[str, float]) -> list[tuple[str, float]]:
    """(label, p), the likeliest first; equals stay in the order of the label set."""
    return sorted(probabilities.items(), key=lambda item: -item[1])


def write_moments(pictures: Iterable[tuple[float, list[Shape]]], path: Path) -> None:
    """Write a line of JSON for each picture: {"time": seconds, "faces": [...]}.

    Args:
        pictures: (seconds, its faces), in order of time.
        path: of the file.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic(path) as part, part.open("w", encoding="utf-8") as stream:
        for time, faces in pictures:
            stream.write(json.dumps({"time": time, "faces": faces}, ensure_ascii=False) + "\n")


def _at(person: Person, time: float) -> Mapping[str, float]:
    window = window_at(person.timeline, time)
    probabilities = None if window is None else window.probabilities
    return person.probabilities if probabilities is None else probabilities


def _box(left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    x, y = round(left), round(top)
    return x, y, round(right) - x, round(bottom) - y

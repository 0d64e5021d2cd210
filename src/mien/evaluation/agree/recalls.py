"""Recall of each label and for each person: mien's, and that of the other coders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.agree.estimates import Draws, by_clip, estimate, ratio
from mien.evaluation.agree.events import events
from mien.evaluation.agree.material import Material
from mien.evaluation.agree.result import ANSWERS, ClassRecall, PersonRecall
from mien.evaluation.agree.windows import Windows

__all__ = ["class_recalls", "person_recalls"]

Values = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class _Labelled:
    """What a coder labelled, and what another rater said of it.

    Args:
        clip, unit: (N,) numbers.
        coded, other: (N,) columns of the label set, -1 for no label.
        answers: whether the other rater is mien.
    """

    clip: Labels
    unit: Labels
    coded: Labels
    other: Labels
    answers: bool


def _labelled(
    material: Material, cut: Windows, by: Literal["window", "event"]
) -> Iterator[_Labelled]:
    pairs = [*permutations(cut.coders, 2)]
    pairs += [(coder, ANSWERS) for coder in cut.coders if ANSWERS in cut.raters]
    for first, second in pairs:
        if by == "window":
            coded, other = (cut.label[cut.raters.index(name)] for name in (first, second))
            yield _Labelled(cut.clip, cut.unit, coded, other, second == ANSWERS)
        else:
            matched = events(material, first, second)
            yield _Labelled(
                matched.clip, matched.unit, matched.first, matched.second, second == ANSWERS
            )


def class_recalls(
    material: Material, cut: Windows, by: Literal["window", "event"], drawn: Draws
) -> list[ClassRecall]:
    """A row for each label that a coder gave.

    Args:
        material: the units.
        cut: their windows.
        by: what to count.
        drawn: clips of each draw.
    """
    clips, classes = len(material.clips), len(material.labels)
    parts = {True: np.zeros((clips, classes, 2)), False: np.zeros((clips, classes, 2))}
    for rows in _labelled(material, cut, by):
        table = by_clip(rows.clip, rows.coded, rows.other, clips, classes)
        right = np.diagonal(table, axis1=1, axis2=2)
        parts[rows.answers] += np.stack([right, table.sum(2)], axis=-1)
    counts = _counts(material, cut, by)
    several = len(cut.coders) > 1
    return [
        ClassRecall(
            label=name,
            n=int(counts[k]),
            answers=estimate(parts[True][:, k], ratio, drawn),
            coders=estimate(parts[False][:, k], ratio, drawn) if several else None,
        )
        for k, name in enumerate(material.labels.names)
        if counts[k]
    ]


def _counts(material: Material, cut: Windows, by: Literal["window", "event"]) -> Labels:
    """(C,) windows or stretches with each label, summed over coders."""
    labels = material.labels
    if by == "window":
        coded = cut.label[: len(cut.coders)]
    else:
        tracks = [track for unit in material.units for track in unit.tracks.values()]
        coded = np.array([labels.index(s.label) for track in tracks for s in track], np.int64)
    return np.bincount(coded[coded >= 0].ravel(), minlength=len(labels))


def person_recalls(
    material: Material, cut: Windows, by: Literal["window", "event"], drawn: Draws
) -> list[PersonRecall]:
    """A row for each person whom a coding names; none where nobody is named.

    Args:
        material: the units.
        cut: their windows.
        by: what to count.
        drawn: clips of each draw.
    """
    people = np.array([unit.person for unit in material.units])
    clips = len(material.clips)
    rows = list(_labelled(material, cut, by))
    result = []
    for person in sorted(set(people.tolist()) - {""}):
        sums = {True: np.zeros((clips, 2)), False: np.zeros((clips, 2))}
        for row in rows:
            sums[row.answers] += _right(row, people == person, clips)
        shown_in = {unit.clip for unit in material.units if unit.person == person}
        coders = estimate(sums[False], ratio, drawn) if len(cut.coders) > 1 else None
        answers = estimate(sums[True], ratio, drawn)
        n = _labelled_of(material, cut, by, people == person)
        result.append(PersonRecall(person, len(shown_in), n, answers, coders))
    return result


def _right(row: _Labelled, chosen: NDArray[np.bool_], clips: int) -> Values:
    """(K,2) equal labels, and labels of both, of some units."""
    both = (row.coded >= 0) & (row.other >= 0) & chosen[row.unit]
    equal = both & (row.coded == row.other)
    counts = [np.bincount(row.clip[mask], minlength=clips) for mask in (equal, both)]
    return np.stack(counts, axis=-1).astype(np.float64)


def _labelled_of(
    material: Material,
    cut: Windows,
    by: Literal["window", "event"],
    chosen: NDArray[np.bool_],
) -> int:
    if by == "window":
        return int((cut.label[: len(cut.coders)][:, chosen[cut.unit]] >= 0).sum())
    units = [unit for unit, is_chosen in zip(material.units, chosen, strict=True) if is_chosen]
    return sum(len(track) for unit in units for track in unit.tracks.values())

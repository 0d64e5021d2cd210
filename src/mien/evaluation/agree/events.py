"""Events: coded stretches, compared as wholes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.data.coding import CodedStretch
from mien.evaluation.agree.material import Material, RatedUnit
from mien.evaluation.agree.result import ANSWERS
from mien.evaluation.agree.windows import HALF, probabilities_over
from mien.labels import LabelSet

__all__ = ["Events", "events", "whole_clips"]

Labels = NDArray[np.int64]
_LEAST = 0.5  # intersection over union of one event, as is usual for detection (PASCAL VOC 2010)
_WHOLE = 0.9  # share of a clip; chosen by hand


@dataclass(frozen=True)
class Events:
    """Pairs of labels that two raters gave to one event.

    Args:
        clip: (N,) number of the clip.
        unit: (N,) number of the unit.
        first, second: (N,) columns of the label set.
        unmatched: events of both raters without a counterpart; of a coder and answers, events
            for which there was nothing to go by.
    """

    clip: Labels
    unit: Labels
    first: Labels
    second: Labels
    unmatched: int


def events(material: Material, first: str, second: str) -> Events:
    """The events of two raters.

    Two coders' stretches are of one event where they overlap by at least half of what they cover
    together, each with one other at most, the nearest first, whatever their labels. With answers,
    every stretch of the coder's is an event, and mien's label is that of its mean probabilities.

    Args:
        material: the units.
        first: a coder.
        second: another coder, or `ANSWERS`.
    """
    numbers = {clip: k for k, clip in enumerate(material.clips)}
    rows: list[tuple[int, int, int, int]] = []
    unmatched = 0
    for k, unit in enumerate(material.units):
        pairs, left = _pairs(unit, first, second, material.labels)
        rows += [(numbers[unit.clip], k, a, b) for a, b in pairs]
        unmatched += left
    clip, units, labels, other = np.array(rows, np.int64).reshape(-1, 4).T
    return Events(clip, units, labels, other, unmatched)


def whole_clips(material: Material) -> bool:
    """Whether all that was coded are whole clips, so that windows within them say nothing more."""
    return all(
        (stretch.end or 0.0) - stretch.start >= _WHOLE * unit.duration
        for unit in material.units
        for track in unit.tracks.values()
        for stretch in track
    )


def _pairs(
    unit: RatedUnit, first: str, second: str, labels: LabelSet
) -> tuple[list[tuple[int, int]], int]:
    track = unit.tracks.get(first, ())
    if second == ANSWERS:
        answered = list(_answered(unit, track, labels))
        pairs = [pair for pair in answered if pair[1] >= 0]
        return pairs, len(answered) - len(pairs)
    other = unit.tracks.get(second, ())
    matches = _matches(track, other)
    pairs = [(labels.index(track[i].label), labels.index(other[j].label)) for i, j in matches]
    return pairs, len(track) + len(other) - 2 * len(pairs)


def _answered(
    unit: RatedUnit, track: Sequence[CodedStretch], labels: LabelSet
) -> Iterator[tuple[int, int]]:
    """The coder's label of each stretch, and mien's, -1 where less than half has an answer."""
    if unit.answer is None or not track:
        return
    start = np.array([s.start for s in track])
    end = np.array([s.end or 0.0 for s in track])
    shares, covered = probabilities_over(unit.answer, labels, start, end)
    for stretch, row, share in zip(track, shares, covered, strict=True):
        yield labels.index(stretch.label), int(row.argmax()) if share >= HALF else -1


def _matches(track: Sequence[CodedStretch], other: Sequence[CodedStretch]) -> list[tuple[int, int]]:
    """Indices of stretches that are of one event, the best match first."""
    likeness = sorted(
        ((_likeness(a, b), i, j) for i, a in enumerate(track) for j, b in enumerate(other)),
        key=lambda match: (-match[0], match[1], match[2]),
    )
    left, right = set(range(len(track))), set(range(len(other)))
    matches = []
    for share, i, j in likeness:
        if share >= _LEAST and i in left and j in right:
            matches.append((i, j))
            left.remove(i)
            right.remove(j)
    return matches


def _likeness(a: CodedStretch, b: CodedStretch) -> float:
    """Intersection over union in time; 1 for two labels of a still picture."""
    first, last = a.end or 0.0, b.end or 0.0
    union = max(first, last) - min(a.start, b.start)
    if union <= 0:
        return 1.0
    return max(0.0, min(first, last) - max(a.start, b.start)) / union

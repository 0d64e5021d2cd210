"""What each rater says of each window of a chosen length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.data.coding import CodedStretch
from mien.evaluation.agree.material import Material, RatedUnit
from mien.evaluation.agree.result import ANSWERS
from mien.labels import LabelSet
from mien.output.report.cells import Cell, cells
from mien.types import Prediction

__all__ = ["Windows", "probabilities_over", "windows"]

Values = NDArray[np.float64]
Labels = NDArray[np.int64]

HALF = 0.5
"""Share of a window that has to have a label for the window to have one."""


@dataclass(frozen=True)
class Windows:
    """All windows of all units, R raters, C labels.

    Args:
        raters: the coders, and `ANSWERS` last where there are answers.
        clip: (N,) number of the clip.
        unit: (N,) number of the unit.
        start, end: (N,) s.
        shares: (R,N,C) of the rater's labelled time in the window, for answers the mean
            probabilities; 0 where there is no label.
        covered: (R,N) share of the window in which the rater gave a label.
        label: (R,N) the column with the largest share; -1 where less than half is covered.
        intensity: (R,N) mean over the coded time, NaN where there is none.
    """

    raters: tuple[str, ...]
    clip: Labels
    unit: Labels
    start: Values
    end: Values
    shares: Values
    covered: Values
    label: Labels
    intensity: Values

    @property
    def coders(self) -> tuple[str, ...]:
        """The raters who are people."""
        return tuple(rater for rater in self.raters if rater != ANSWERS)


def windows(material: Material, length: float) -> Windows:
    """Cut units into windows [k * length, (k + 1) * length).

    The last one of a clip is shorter, and left out where it is less than half as long, unless it
    is the only one.

    Args:
        material: the units.
        length: s.
    """
    answers = material.units[0].answer is not None
    raters = (*material.coders, *([ANSWERS] if answers else []))
    numbers = {clip: k for k, clip in enumerate(material.clips)}
    parts = [_unit(unit, raters, material.labels, length) for unit in material.units]
    sizes = [len(part.start) for part in parts]
    clips = [numbers[unit.clip] for unit in material.units]
    return Windows(
        raters=raters,
        clip=np.repeat(np.array(clips, np.int64), sizes),
        unit=np.repeat(np.arange(len(parts)), sizes),
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        shares=np.concatenate([part.shares for part in parts], axis=1),
        covered=np.concatenate([part.covered for part in parts], axis=1),
        label=np.concatenate([_label(part.shares, part.covered) for part in parts], axis=1),
        intensity=np.concatenate([part.intensity for part in parts], axis=1),
    )


@dataclass(frozen=True)
class _Part:
    """The windows of one unit; fields as of `Windows`."""

    start: Values
    end: Values
    shares: Values
    covered: Values
    intensity: Values


def _label(shares: Values, covered: Values) -> Labels:
    return np.where(covered >= HALF - 1e-9, shares.argmax(-1), -1).astype(np.int64)


def _unit(unit: RatedUnit, raters: Sequence[str], labels: LabelSet, length: float) -> _Part:
    count = max(1, int(np.ceil(unit.duration / length - 1e-9)))
    start: Values = np.arange(count, dtype=np.float64) * length
    if len(start) > 1 and unit.duration - start[-1] < length / 2 - 1e-9:
        start = start[:-1]
    end: Values = np.minimum(start + length, unit.duration).astype(np.float64)
    rows = list(_rows(unit, raters, labels, start, end))
    shares, covered, intensity = (np.stack(part) for part in zip(*rows, strict=True))
    return _Part(start, end, shares, covered, intensity)


def _rows(
    unit: RatedUnit, raters: Sequence[str], labels: LabelSet, start: Values, end: Values
) -> Iterator[tuple[Values, Values, Values]]:
    """Shares (W,C), covered (W,) and intensity (W,) of each rater."""
    for rater in raters:
        if rater == ANSWERS and unit.answer is not None:
            shares, covered = probabilities_over(unit.answer, labels, start, end)
            yield shares, covered, np.full(len(start), np.nan)
        else:
            yield _coded(unit.tracks.get(rater, ()), labels, start, end)


def _coded(
    track: Sequence[CodedStretch], labels: LabelSet, start: Values, end: Values
) -> tuple[Values, Values, Values]:
    if not track:
        none = np.zeros(len(start))
        return np.zeros((len(start), len(labels))), none, np.full(len(start), np.nan)
    overlap = _overlap(
        np.array([s.start for s in track]), np.array([s.end or 0.0 for s in track]), start, end
    )
    shares = np.zeros((len(start), len(labels)))
    for k, stretch in enumerate(track):
        shares[:, labels.index(stretch.label)] += overlap[:, k]
    total = shares.sum(1)
    strength = np.array([np.nan if s.intensity is None else s.intensity for s in track])
    weights = overlap * np.isfinite(strength)
    known = weights.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        intensity = np.where(known > 0, weights @ np.nan_to_num(strength) / known, np.nan)
        shares = np.where(total[:, None] > 0, shares / total[:, None], 0.0)
    return shares, np.minimum(total, 1.0), intensity


def _overlap(first: Values, last: Values, start: Values, end: Values) -> Values:
    """(W,S) share of each window that each stretch covers; all of a moment (a still picture)."""
    long = end - start
    both = np.minimum(last, end[:, None]) - np.maximum(first, start[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.clip(both, 0, None) / long[:, None]
    return np.where(long[:, None] > 0, shares, 1.0)


def probabilities_over(
    answer: Prediction, labels: LabelSet, start: Values, end: Values
) -> tuple[Values, Values]:
    """Mean probabilities of an answer over stretches, and the share of each that has an answer.

    A stretch that is all of the file gets the answer for the file.

    Args:
        answer: with the names of `labels`, or with names that `labels` merges.
        labels: C names.
        start, end: (N,) s.

    Returns:
        (N,C), 0 where there was nothing to go by, and (N,).
    """
    parts = [cell for cell in cells(answer.timeline) if cell.probabilities is not None]
    shares, covered = np.zeros((len(start), len(labels))), np.zeros(len(start))
    if parts:
        overlap = _overlap(
            np.array([c.start for c in parts]), np.array([c.end for c in parts]), start, end
        )
        covered = overlap.sum(1)
        rows = np.stack([_vector(cell, labels) for cell in parts])
        shares = np.divide(overlap @ rows, covered[:, None], out=shares, where=covered[:, None] > 0)
    whole = (start <= 0) & (end >= float(answer.source["duration"]) - 1e-6)
    if answer.probabilities is not None and whole.any():
        shares[whole] = labels.vector(answer.probabilities)
        covered = np.where(whole, 1.0, covered)
    return shares, np.minimum(covered, 1.0)


def _vector(cell: Cell, labels: LabelSet) -> Values:
    return labels.vector(cell.probabilities or {})

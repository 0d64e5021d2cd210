"""The best lag in time: people press a key after they have seen something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.data.coding import CodedStretch
from mien.evaluation.agree.material import Material, RatedUnit
from mien.evaluation.agree.pairs import pairs_of
from mien.evaluation.agree.result import ANSWERS, Lag
from mien.evaluation.agree.windows import HALF, probabilities_over
from mien.evaluation.interrater import cohen_kappa, draws
from mien.evaluation.interrater.bootstrap import percentiles
from mien.labels import LabelSet

__all__ = ["STEP", "lags"]

Values = NDArray[np.float64]
Labels = NDArray[np.int64]

STEP = 0.1
"""Seconds from one moment that is compared to the next."""
_TIMES = 300
_LEAST = 0.5
"""Share of the moments of no shift that a shift must leave to compare; chosen by hand."""


def lags(material: Material, most: float) -> list[Lag]:
    """The best lag of each pair of raters, from kappa over moments `STEP` apart.

    Only clips in which both raters change their label say something of time; a pair without such
    clips has no lag.

    Args:
        material: the units.
        most: seconds to try in both directions; 0 tries none.
    """
    steps = round(most / STEP)
    if steps < 1:
        return []
    answers = material.units[0].answer is not None
    raters = (*material.coders, *([ANSWERS] if answers else []))
    sampled = [_sampled(unit, raters, material.labels) for unit in material.units]
    pairs = pairs_of(material.coders, answers)
    results = (_lag(material, sampled, raters, pair, steps) for pair in pairs)
    return [lag for lag in results if lag is not None]


def _sampled(unit: RatedUnit, raters: Sequence[str], labels: LabelSet) -> Labels:
    """(R,T) label of each rater at moments in the middle of steps."""
    start: Values = np.arange(int(unit.duration / STEP), dtype=np.float64) * STEP
    rows = np.full((len(raters), len(start)), -1, np.int64)
    for k, rater in enumerate(raters):
        if rater == ANSWERS and unit.answer is not None:
            shares, covered = probabilities_over(unit.answer, labels, start, np.add(start, STEP))
            rows[k] = np.where(covered >= HALF, shares.argmax(1), -1)
        else:
            _mark(rows[k], unit.tracks.get(rater, ()), labels)
    return rows


def _mark(row: Labels, track: Sequence[CodedStretch], labels: LabelSet) -> None:
    for stretch in track:
        first, last = (round(time / STEP) for time in (stretch.start, stretch.end or 0.0))
        row[first:last] = labels.index(stretch.label)


def _lag(
    material: Material,
    sampled: Sequence[Labels],
    raters: Sequence[str],
    pair: tuple[str, str],
    steps: int,
) -> Lag | None:
    first, second = (raters.index(name) for name in pair)
    rows = [(u.clip, s[first], s[second]) for u, s in zip(material.units, sampled, strict=True)]
    changing = [row for row in rows if _changes(row[1]) and _changes(row[2])]
    if not changing:
        return None
    parts = np.stack(list(_shifted(changing, steps, len(material.labels))), axis=1)
    shifts = np.arange(-steps, steps + 1)
    moments = parts.sum((0, 2, 3))
    enough = moments >= _LEAST * moments[steps]
    parts, shifts = parts[:, enough], shifts[enough]
    kappa = np.nan_to_num(cohen_kappa(parts.sum(0)), nan=-1.0)
    best = _best(kappa, shifts)
    interval = None
    if len(parts) > 1:
        tables = np.tensordot(draws(len(parts), _TIMES), parts, axes=1)
        drawn = np.nan_to_num(cohen_kappa(tables), nan=-1.0)
        interval = percentiles(np.array([_best(row, shifts) * STEP for row in drawn]))
    return Lag(
        first=pair[0],
        second=pair[1],
        seconds=round(best * STEP, 6),
        interval=interval,
        unshifted=float(kappa[shifts == 0][0]),
        best=float(kappa[shifts == best][0]),
        clips=len(parts),
        searched=(round(float(shifts[0]) * STEP, 6), round(float(shifts[-1]) * STEP, 6)),
    )


def _best(kappa: Values, shifts: Labels) -> float:
    """The shift of the highest kappa; of equals the one nearest to none."""
    top = shifts[kappa >= kappa.max() - 1e-9]
    return float(top[np.abs(top).argmin()])


def _changes(row: Labels) -> bool:
    labels = row[row >= 0]
    return bool(len(labels) and (labels != labels[0]).any())


def _shifted(
    rows: Sequence[tuple[str, Labels, Labels]], steps: int, classes: int
) -> Iterator[Values]:
    """(K,C,C) confusion of each clip for each shift of the second rater, from -steps on."""
    clips = {name: k for k, name in enumerate(dict.fromkeys(clip for clip, _, _ in rows))}
    gap = np.full(steps, -1)
    first = np.concatenate([np.concatenate([gap, labels]) for _, labels, _ in rows] + [gap])
    second = np.concatenate([np.concatenate([gap, labels]) for _, _, labels in rows] + [gap])
    clip = np.concatenate([np.full(steps + len(labels), clips[c]) for c, labels, _ in rows] + [gap])
    for shift in range(-steps, steps + 1):
        moved = np.roll(second, -shift)
        both = (first >= 0) & (moved >= 0)
        cells = (clip[both] * classes + first[both]) * classes + moved[both]
        counts = np.bincount(cells, minlength=len(clips) * classes**2)
        yield counts.reshape(len(clips), classes, classes).astype(np.float64)

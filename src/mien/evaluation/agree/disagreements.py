"""Where mien and the coders differ most, as stretches to look at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.agree.material import Material
from mien.evaluation.agree.result import ANSWERS, Disagreement
from mien.evaluation.agree.windows import Windows

__all__ = ["MOST", "disagreements"]

Values = NDArray[np.float64]
Labels = NDArray[np.int64]
MOST = 20


def disagreements(material: Material, cut: Windows, most: int = MOST) -> list[Disagreement]:
    """The strongest ones, the strongest first; none without answers.

    Windows next to each other with the same two labels are one stretch. Where as many coders gave
    mien's label as any other one, there is no disagreement.

    Args:
        material: the units.
        cut: their windows.
        most: how many.
    """
    if ANSWERS not in cut.raters:
        return []
    coders = len(cut.coders)
    coded = np.stack([_votes(row, len(material.labels)) for row in cut.label[:coders]])
    number = coded.sum((0, 2))
    shares = coded.sum(0) / np.maximum(number, 1)[:, None]
    answered, probabilities = cut.label[-1], cut.shares[-1]
    coded_label = shares.argmax(1)
    rows = np.arange(len(answered))
    differ = (number > 0) & (answered >= 0)
    differ &= shares[rows, coded_label] > shares[rows, np.maximum(answered, 0)] + 1e-9
    distance = 0.5 * np.abs(shares - probabilities).sum(1)
    stretches = [
        _stretch(material, cut, run, coded_label, answered, distance)
        for run in _runs(cut, differ, coded_label, answered)
    ]
    return sorted(stretches, key=lambda d: (-d.strength, d.clip, d.start))[:most]


def _votes(labels: Labels, classes: int) -> Values:
    """(N,C) 1 at the label of each window, only 0 where there is no label."""
    return np.where(labels[:, None] == np.arange(classes), 1.0, 0.0)


def _runs(
    cut: Windows, differ: NDArray[np.bool_], coded_label: Labels, answered: Labels
) -> Iterator[list[int]]:
    """Indices of windows, a list for each run of neighbours with the same two labels."""
    run: list[int] = []
    for k in np.flatnonzero(differ).tolist():
        last = run[-1] if run else -2
        key = (cut.unit[k], coded_label[k], answered[k])
        if k != last + 1 or key != (cut.unit[last], coded_label[last], answered[last]):
            if run:
                yield run
            run = []
        run.append(k)
    if run:
        yield run


def _stretch(
    material: Material,
    cut: Windows,
    run: list[int],
    coded_label: Labels,
    answered: Labels,
    distance: Values,
) -> Disagreement:
    first, last = run[0], run[-1]
    unit = material.units[cut.unit[first]]
    coded = int(coded_label[first])
    who = [c for k, c in enumerate(cut.coders) if (cut.label[k, run] == coded).any()]
    return Disagreement(
        clip=unit.clip,
        person=unit.person,
        start=float(cut.start[first]),
        end=float(cut.end[last]),
        coded=material.labels.names[coded],
        answered=material.labels.names[int(answered[first])],
        coders=tuple(who),
        strength=float(distance[run].mean()),
    )

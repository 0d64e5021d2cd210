"""Before and after on clips that were left out: scores, their difference, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.metrics import Scores, confusion_counts, mcnemar, recalls_of, scores
from mien.training.adapt.pool import log_losses

__all__ = ["Gain", "gain_of"]

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_DRAWS = 2000


@dataclass(frozen=True)
class Gain:
    """What adapting changed on groups left out.

    Args:
        groups: persons, or files where persons are not told.
        before, after: scores; intervals of the UAR by drawing whole groups.
        points: UAR after less UAR before.
        interval: 95 % of it, by drawing whole groups; None of one group.
        only_before, only_after: clips that only one of the two got right.
        p: McNemar's exact test of these, two-sided.
        loss_before, loss_after: mean log-loss.
    """

    groups: int
    before: Scores
    after: Scores
    points: float
    interval: tuple[float, float] | None
    only_before: int
    only_after: int
    p: float
    loss_before: float
    loss_after: float

    @property
    def is_one(self) -> bool:
        """Whether it is a gain at all: a smaller log-loss, and no smaller UAR."""
        return self.loss_after < self.loss_before and self.points >= 0


def gain_of(before: Doubles, after: Doubles, labels: Ints, groups: NDArray[np.str_]) -> Gain:
    """Compare two systems on the same clips.

    Args:
        before, after: (n,K) probabilities.
        labels: (n,) columns.
        groups: (n,) what is drawn together.
    """
    classes = before.shape[1]
    names = sorted(set(groups.tolist()))
    drawn = groups.tolist() if len(names) > 1 else None
    first, second = before.argmax(1), after.argmax(1)
    scores_before, scores_after = (
        scores(labels, predicted, classes, drawn) for predicted in (first, second)
    )
    only_before, only_after, p = mcnemar(first == labels, second == labels)
    parts = [
        [confusion_counts(labels[groups == g], predicted[groups == g], classes) for g in names]
        for predicted in (first, second)
    ]
    return Gain(
        groups=len(names),
        before=scores_before,
        after=scores_after,
        points=scores_after.uar - scores_before.uar,
        interval=None if drawn is None else _interval(np.array(parts)),
        only_before=only_before,
        only_after=only_after,
        p=p,
        loss_before=float(log_losses(before, labels).mean()),
        loss_after=float(log_losses(after, labels).mean()),
    )


def _interval(parts: NDArray[np.int64]) -> tuple[float, float]:
    """Of the difference of the UAR, from (2,G,K,K) confusions of groups."""
    draw, count = np.random.default_rng(0), parts.shape[1]
    drawn = draw.integers(0, count, (_DRAWS, count))
    sums = np.stack([parts[:, picked].sum(1) for picked in drawn])
    uars = np.nanmean(recalls_of(sums), axis=-1)
    low, high = np.percentile(uars[:, 1] - uars[:, 0], [2.5, 97.5])
    return float(low), float(high)

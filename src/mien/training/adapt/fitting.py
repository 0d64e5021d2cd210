"""Fits of corrections and pools on some of the labelled clips, each made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mien.fusion.log_pool import LogPool
from mien.training.adapt.clips import Base, LabelledClips
from mien.training.adapt.correction import Correction, Kind, fit_correction
from mien.training.adapt.grouping import deal
from mien.training.adapt.pool import fit_pool, fused

__all__ = ["Fits", "Fitted", "Plan"]

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_FOLDS = 6  # chosen by hand: more leave out less each, and take longer


@dataclass(frozen=True)
class Plan:
    """What is adapted.

    Args:
        kinds: {branch: what is added to its log-probabilities}.
        pool: whether weights of the branches and temperatures are fitted.
    """

    kinds: Mapping[str, Kind]
    pool: bool = False

    @property
    def nothing(self) -> bool:
        """Whether everything stays as it is."""
        return not self.pool and all(kind == "none" for kind in self.kinds.values())


@dataclass(frozen=True)
class Fitted:
    """What came out of a plan.

    Args:
        corrections: {branch: what is added}.
        pool: weights and temperatures.
    """

    corrections: Mapping[str, Correction]
    pool: LogPool


@dataclass
class Fits:
    """Labelled clips, and what was fitted on parts of them.

    The folds are dealt once. To test the choice of steps leaves out one of them, the choice leaves
    out another, and a temperature a third: so the same parts come again and again, and there are
    few fits in all.

    Args:
        clips: all of them.
        base: the bundle's own numbers.
    """

    clips: LabelledClips
    base: Base
    _corrections: dict[tuple[str, str, bytes], Correction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._fold = np.zeros(len(self.clips), np.int64)
        for number, indices in enumerate(deal(self.clips.groups, self.clips.labels, _FOLDS)):
            self._fold[indices] = number

    def fit(self, plan: Plan, indices: Ints) -> Fitted:
        """Fit a plan on the clips at these places.

        Corrections are anew fitted without each fold where the pool is, since what a head says of
        the clips that it learned from is far too sure.
        """
        corrections = {b: self._correction(b, kind, indices) for b, kind in plan.kinds.items()}
        pool = LogPool(self.base.weights, self.base.temperatures)
        if plan.pool:
            unseen = {b: self._unseen(b, kind, indices) for b, kind in plan.kinds.items()}
            pool = fit_pool(unseen, self.clips.labels[indices], self.base)
        return Fitted(corrections, pool)

    def probabilities(self, fitted: Fitted, indices: Ints) -> Doubles:
        """(m,K) what a fitted plan says of the clips at these places."""
        parts = {b: self._corrected(b, c, indices) for b, c in fitted.corrections.items()}
        return fused(fitted.pool, parts, self.base.prior)

    def before(self, indices: Ints, known: Ints) -> Doubles:
        """(m,K) what the bundle says as it is; the shares of `known` where it knows no label."""
        if self.clips.before is None:
            counts = np.bincount(self.clips.labels[known], minlength=len(self.base.prior)) + 1.0
            return np.tile(counts / counts.sum(), (len(indices), 1))
        answers = self.clips.before[indices]
        return np.where(np.isnan(answers), self.base.prior, answers)

    def held_out(self, plan: Plan, indices: Ints) -> Doubles:
        """(m,K) what a plan says of each of these clips, fitted on the other groups of them."""
        result = np.zeros((len(indices), len(self.base.prior)))
        for test in self.folds(indices):
            rest = np.setdiff1d(np.arange(len(indices)), test)
            if plan.nothing:
                result[test] = self.before(indices[test], indices[rest])
                continue
            fitted = self.fit(plan, indices[rest])
            result[test] = self.probabilities(fitted, indices[test])
        return result

    def folds(self, indices: Ints) -> list[Ints]:
        """Folds of whole groups among these places, as rows of `indices`.

        Where all are of one fold they are dealt out clip by clip.
        """
        numbers = self._fold[indices]
        if len(np.unique(numbers)) > 1:
            return [np.flatnonzero(numbers == number) for number in np.unique(numbers)]
        single = np.arange(len(indices)).astype(str)
        return deal(single, self.clips.labels[indices], _FOLDS)

    def _start(self, branch: str, kind: Kind, indices: Ints) -> tuple[Doubles, Doubles | None]:
        if kind == "head":
            return self.clips.linear[branch][indices], self.clips.rows[branch][indices]
        return self.clips.said[branch][indices], None

    def _correction(self, branch: str, kind: Kind, indices: Ints) -> Correction:
        key = (branch, kind, indices.tobytes())
        if key not in self._corrections:
            start, rows = self._start(branch, kind, indices)
            present = ~np.isnan(start[:, 0])
            known = None if rows is None else rows[present]
            usual = self.base.temperatures[branch]
            labels = self.clips.labels[indices][present]
            self._corrections[key] = fit_correction(kind, start[present], known, labels, usual)
        return self._corrections[key]

    def _corrected(self, branch: str, correction: Correction, indices: Ints) -> Doubles:
        return correction(*self._start(branch, correction.kind, indices))

    def _unseen(self, branch: str, kind: Kind, indices: Ints) -> Doubles:
        """(m,K) log-probabilities of each clip, corrected by a fit on other groups."""
        result = np.zeros((len(indices), len(self.base.prior)))
        for test in self.folds(indices):
            rest = np.setdiff1d(np.arange(len(indices)), test)
            correction = self._correction(branch, kind, indices[rest])
            result[test] = self._corrected(branch, correction, indices[test])
        return result

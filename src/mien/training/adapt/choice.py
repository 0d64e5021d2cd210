"""Which steps are taken: those that help on groups left out, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.training.adapt.fitting import Fits, Plan
from mien.training.adapt.pool import log_losses

__all__ = ["LeftOut", "Step", "choose", "leave_out"]

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Step:
    """One thing that may be adapted.

    Args:
        name: for people.
        loss: mean log-loss on groups left out, with it.
        before: the same without it.
        taken: whether it was.
    """

    name: str
    loss: float
    before: float
    taken: bool


@dataclass(frozen=True)
class LeftOut:
    """All labelled clips as those see them who did not learn from them.

    Args:
        before, after: (n,K) probabilities.
        folds: (n,) number of the fold that a clip was left out in.
    """

    before: Doubles
    after: Doubles
    folds: Ints


def choose(fits: Fits, indices: Ints) -> tuple[Plan, list[Step]]:
    """Go through the steps on the clips at these places, and keep those that help.

    A step is taken where what it gains on groups left out is more than one standard error of that
    gain (the one-standard-error rule of Breiman et al., Classification and Regression Trees, 1984).
    """
    plan = Plan(dict.fromkeys(fits.base.branches, "none"))
    labels, groups = fits.clips.labels[indices], fits.clips.groups[indices]
    losses = log_losses(fits.held_out(plan, indices), labels)
    steps = []
    for name, further in _further(fits):
        wanted = further(plan)
        if wanted == plan:
            continue
        new = log_losses(fits.held_out(wanted, indices), labels)
        gains = losses - new
        taken = bool(gains.mean() > _standard_error(gains, groups))
        steps.append(Step(name, float(new.mean()), float(losses.mean()), taken))
        plan, losses = (wanted, new) if taken else (plan, losses)
    return plan, steps


def _standard_error(values: Doubles, groups: NDArray[np.str_]) -> float:
    """Of the mean of (n,) values, those of a group being alike; clip by clip where there is one."""
    names, group = np.unique(groups, return_inverse=True)
    if len(names) == 1:
        group = np.arange(len(values))
    sums = np.bincount(group, values - values.mean())
    return float(np.sqrt((sums**2).sum())) / len(values)


def _further(fits: Fits) -> Iterator[tuple[str, Callable[[Plan], Plan]]]:
    """The steps in their order: name, and what each makes of a plan.

    A head needs another temperature than the bundle's own answers, so it comes with the pool.
    """
    branches = fits.base.branches

    def biased(plan: Plan) -> Plan:
        return replace(plan, kinds=dict.fromkeys(branches, "bias"))

    def pooled(plan: Plan) -> Plan:
        return replace(plan, pool=True)

    def headed(branch: str) -> Callable[[Plan], Plan]:
        return lambda plan: replace(plan, kinds={**plan.kinds, branch: "head"}, pool=True)

    yield "bias by class", biased
    yield "weights and temperatures", pooled
    for branch in branches:
        if branch in fits.clips.rows:
            yield f"linear head of the {branch}", headed(branch)


def leave_out(fits: Fits, progress: Callable[[str, int, int], None]) -> LeftOut:
    """Leave out each fold, choose and fit on the others alone, and ask both about it."""
    every = np.arange(len(fits.clips))
    before, after = (np.zeros((len(every), len(fits.base.prior))) for _ in range(2))
    number = np.zeros(len(every), int)
    folds = fits.folds(every)
    for fold, test in enumerate(folds):
        rest = np.setdiff1d(every, test)
        plan, _ = choose(fits, rest)
        before[test] = fits.before(test, rest)
        after[test] = before[test]
        if not plan.nothing:
            after[test] = fits.probabilities(fits.fit(plan, rest), test)
        number[test] = fold
        progress("folds", fold + 1, len(folds))
    return LeftOut(before, after, number)

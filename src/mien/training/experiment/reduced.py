"""What storing networks in fewer bits costs on the reported clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.scores import ScoreTable
from mien.inference.bundle import load
from mien.training.experiment.assemble import Precision, assemble, branches_of, is_encoded
from mien.training.experiment.joint import main_system
from mien.training.experiment.plan import OUTER, FitJob, Fold
from mien.training.experiment.run import Experiment, fold_joint, outer_rows, table_of
from mien.training.experiment.work import data_of

__all__ = ["Loss", "measured_loss"]

Rows = NDArray[np.float64]
_Part = tuple[int, Fold, dict[str, Rows]]

_NOBODY = {"name": "fold", "reliable_from": 0.5}


@dataclass(frozen=True)
class Loss:
    """What a system lost by fewer bits, on clips that its fold did not learn from.

    Args:
        system: a branch, or the fusion.
        n: clips that it answered.
        whole: accuracy at fp32.
        reduced: accuracy in fewer bits.
        changed: clips whose label differs.
    """

    system: str
    n: int
    whole: float
    reduced: float
    changed: int


def measured_loss(plan: Experiment, precision: Precision) -> list[Loss]:
    """Score the reported clips again, with bundles of their folds in fewer bits.

    The final system has learned from those clips, so it cannot tell; the fusions stay as they are.
    """
    seed = plan.seeds[0]
    parts: tuple[list[_Part], list[_Part]] = ([], [])
    systems = {*branches_of(plan), main_system(plan.task.recipe)}
    for fold in plan.folds:
        joint = fold_joint(plan, seed, fold)
        whole = joint.systems(outer_rows(plan, seed, fold))
        parts[0].append((seed, fold, {s: rows for s, rows in whole.items() if s in systems}))
        parts[1].append((seed, fold, _scored(plan, fold, precision)))
    before, after = (table_of(plan, part) for part in parts)
    return [_loss(before, after, system) for system in before.systems]


def _loss(before: ScoreTable, after: ScoreTable, system: str) -> Loss:
    counted = ~before.absent(system) & (before.truth >= 0)
    was, now = (t.systems[system][counted].argmax(1) for t in (before, after))
    truth = before.truth[counted]
    right = float((was == truth).mean()), float((now == truth).mean())
    return Loss(system, int(counted.sum()), *right, int((was != now).sum()))


def _scored(plan: Experiment, fold: Fold, precision: Precision) -> dict[str, Rows]:
    """{system: (n,C) log-probabilities} of a fold's test clips, by a bundle of its own."""
    seed, names = plan.seeds[0], plan.manifest.labels.names
    units = {
        b: FitJob(b, seed, fold.number, OUTER, fold.train, fold.test) for b in branches_of(plan)
    }
    about = {**_NOBODY, "prior": dict.fromkeys(names, 1 / len(names))}
    main = main_system(plan.task.recipe)
    data = {b: data_of(plan.task, b) for b in units}
    encoded = {b: is_encoded(plan.task.recipe.branches[b].extractor) for b in units}
    shape = len(fold.test), len(names)
    result = {system: np.full(shape, np.nan) for system in dict.fromkeys([*units, main])}
    with TemporaryDirectory() as folder:
        assemble(plan, units, fold_joint(plan, seed, fold), about, Path(folder), precision)
        bundle = load(Path(folder), threads=1)
        for row, index in enumerate(fold.test):
            answers = {
                b: bundle.branch_output(b, data[b].features[index], encoded=encoded[b])
                for b in units
            }
            for branch, answer in answers.items():
                if answer is not None:
                    result[branch][row] = np.log(np.maximum(bundle.alone(branch, answer), 1e-9))
            fused = bundle.fuse(answers)
            if main not in units and fused is not None:
                result[main][row] = np.log(np.maximum(fused, 1e-9))
    return result

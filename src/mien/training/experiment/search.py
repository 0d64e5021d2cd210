"""Random search (Bergstra & Bengio 2012) for a recipe's settings, scored inside training clips.

A trial fits the inner units of each test fold only: its score is the unweighted recall on clips
that were held out of the fold's training clips, so no reported clip has a say in the choice. With
several folds each of them makes a choice of its own; `nested` scores those choices on the folds'
test clips, which is what the search as a whole is worth (Varma & Simon 2006).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.evaluation.scores import ScoreTable
from mien.training.experiment.joint import main_system
from mien.training.experiment.plan import OUTER, FitJob, Fold, plan
from mien.training.experiment.run import (
    Experiment,
    fitted,
    fold_joint,
    held_rows,
    labels_of,
    outer_rows,
    table_of,
)
from mien.training.experiment.space import Space
from mien.training.recipes.declaration import override

if TYPE_CHECKING:
    import optuna

__all__ = [
    "Trial",
    "held_out_scores",
    "inner_units",
    "nested",
    "nested_units",
    "next_values",
    "open_study",
    "tell",
    "trial_run",
    "trials_of",
    "write_trials",
]

Values = dict[str, str]


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Args:
        values: {field: text}.
        scores: {number of a test fold: unweighted recall on held-out training clips}; empty if
            it failed.
        reason: why it failed.
    """

    values: Values
    scores: dict[int, float]
    reason: str = ""

    @property
    def mean(self) -> float:
        """Over the folds; minus infinity if it failed."""
        return float(np.mean(list(self.scores.values()))) if self.scores else -math.inf


def open_study(folder: Path, space: Sequence[Space]) -> optuna.Study:
    """The trials so far; those that were cut off are queued to be done again.

    Raises:
        UsageError: the folder holds a search of another space.
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = JournalStorage(JournalFileBackend(str(folder / "study.log")))
    study = optuna.create_study(
        storage=storage, study_name="mien", direction="maximize", load_if_exists=True
    )
    asked = json.dumps([vars(dimension) for dimension in space])
    if study.user_attrs.setdefault("space", asked) != asked:
        raise UsageError(f"{folder}: holds a search of another --space; use another --out")
    study.set_user_attr("space", asked)
    for cut in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
        study.tell(cut.number, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial(cut.params)
    return study


def next_values(
    study: optuna.Study, space: Sequence[Space], seed: int
) -> tuple[optuna.trial.Trial, Values]:
    """Draw a setting; the same one for the same seed and number of trials before it."""
    import optuna

    state = np.random.SeedSequence([seed, len(trials_of(study))]).generate_state(1)
    study.sampler = optuna.samplers.RandomSampler(seed=int(state[0]))
    trial = study.ask({dimension.field: dimension.distribution() for dimension in space})
    return trial, {
        dimension.field: dimension.text(trial.params[dimension.field]) for dimension in space
    }


def tell(study: optuna.Study, trial: optuna.trial.Trial, outcome: Trial) -> None:
    """Note what a trial found."""
    import optuna

    trial.set_user_attr("found", vars(outcome))
    state = None if outcome.scores else optuna.trial.TrialState.FAIL
    study.tell(trial, outcome.mean if outcome.scores else None, state=state)


def trials_of(study: optuna.Study) -> list[Trial]:
    """All trials that came to an end, in order."""
    kept = [t.user_attrs["found"] for t in study.get_trials() if "found" in t.user_attrs]
    return [
        Trial(f["values"], {int(k): v for k, v in f["scores"].items()}, f["reason"]) for f in kept
    ]


def trial_run(run: Experiment, values: Values) -> Experiment:
    """The run of one setting, in a folder of its own within the search."""
    recipe = run.task.recipe
    for field, text in values.items():
        recipe = override(recipe, f"{field}={text}")
    name = hashlib.sha256(json.dumps(sorted(values.items())).encode()).hexdigest()[:12]
    return replace(run, task=replace(run.task, recipe=recipe, run=run.task.run / "trials" / name))


def inner_units(run: Experiment, folds: Sequence[Fold]) -> list[FitJob]:
    """What a trial fits."""
    units = plan(run.task.recipe, run.manifest.clips, folds, run.seeds[:1])
    return [unit for unit in units if unit.inner != OUTER]


def held_out_scores(run: Experiment) -> dict[int, float]:
    """{fold: unweighted recall on its held-out training clips}, once `inner_units` are fitted."""
    return {fold.number: _held_out(run, fold) for fold in run.folds}


def _held_out(run: Experiment, fold: Fold) -> float:
    """Clips where every branch is absent count as wrong."""
    seed, labels = run.seeds[0], labels_of(run.manifest)
    rows, indices = held_rows(run, seed, fold), np.array(fold.train)
    answer, truth = np.full(len(indices), -1), labels[indices]
    for test in {unit.inner: unit.test for unit in inner_units(run, [fold])}.values():
        # The fusion of a part is fitted on the others: it is not to know the part's labels.
        part = np.isin(indices, test)
        seen = {b: r[~part] for b, r in rows.items()}
        folder = run.task.run / "fusion" / "held_out"
        joint = fitted(run, seen, indices[~part].tolist(), None, folder)
        systems = joint.systems({b: r[part] for b, r in rows.items()})
        log_probs = systems[main_system(run.task.recipe)]
        answer[part] = np.where(np.isnan(log_probs[:, 0]), -1, np.nan_to_num(log_probs).argmax(1))
    right = answer == truth
    return float(np.mean([right[truth == label].mean() for label in np.unique(truth)]))


def nested_units(run: Experiment, trials: Sequence[Trial]) -> list[tuple[Experiment, list[FitJob]]]:
    """What is still to fit for `nested`: the choice of each fold, on all its training clips."""
    result = []
    for fold in run.folds:
        chosen = trial_run(run, _best(trials, fold).values)
        units = plan(chosen.task.recipe, run.manifest.clips, [fold], run.seeds[:1])
        result.append((chosen, [unit for unit in units if unit.inner == OUTER]))
    return result


def nested(run: Experiment, trials: Sequence[Trial]) -> ScoreTable:
    """The scores of the folds' test clips, each by the setting that its training clips chose."""
    seed, parts = run.seeds[0], []
    for fold in run.folds:
        chosen = trial_run(run, _best(trials, fold).values)
        answers = fold_joint(chosen, seed, fold).systems(outer_rows(chosen, seed, fold))
        parts.append((seed, fold, answers))
    return table_of(run, parts)


def _best(trials: Sequence[Trial], fold: Fold) -> Trial:
    return max((t for t in trials if t.scores), key=lambda t: t.scores[fold.number])


def write_trials(run: Experiment, trials: Sequence[Trial], path: Path) -> None:
    """A line a trial: its scores (over all folds, and in each), values, reason and folder."""
    folds = [fold.number for fold in run.folds]
    text = io.StringIO()
    fields = list(trials[0].values) if trials else []
    head = ["trial", "uar", *(f"fold{n}" for n in folds), *fields, "reason", "folder"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for number, trial in enumerate(trials):
        scores = [f"{trial.scores[n]:.4f}" if trial.scores else "" for n in folds]
        mean = f"{trial.mean:.4f}" if trial.scores else ""
        run_name = trial_run(run, trial.values).task.run.name
        writer.writerow([number, mean, *scores, *trial.values.values(), trial.reason, run_name])
    with atomic(path) as partial:
        partial.write_text(text.getvalue(), encoding="utf-8")

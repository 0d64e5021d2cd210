"""A finished run opened again, and its own clips altered: scored as the plain ones were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mien.data.manifest import read_manifest
from mien.data.perturbation import alteration
from mien.errors import UsageError
from mien.evaluation.scores import ScoreTable
from mien.features.extractors.altered import Altered
from mien.features.store import Store, load_features
from mien.fusion.branch_scores import BranchScores
from mien.training.experiment.plan import FINAL, OUTER, FitJob, folds_of
from mien.training.experiment.record import open_run
from mien.training.experiment.run import Experiment, fold_joint, outer_rows, table_of, units_of
from mien.training.experiment.work import encoded, extractor_of, finished
from mien.training.learners.learner import Learner, learner
from mien.types import Features

__all__ = ["altered_scores", "final_unit", "learner_of", "open_plan", "rows_of", "touched"]


def open_plan(run: Path, store: Path | None = None) -> Experiment:
    """A finished run as it was asked for.

    Args:
        run: its folder.
        store: the feature store, where it is not the one of the training.

    Raises:
        UsageError: not a finished run, of another version, or its manifest changed since.
    """
    task, record = open_run(run)
    task = replace(task, store=store or task.store)
    manifest, scheme = read_manifest(task.manifest), str(record["folds"])
    folds, seeds = tuple(folds_of(manifest, scheme)), tuple(map(int, record["seeds"]))
    plan = Experiment(task, manifest, folds, scheme, seeds, "tuned on report" in record["stamp"])
    stale = [unit.name for unit in units_of(plan) if not finished(task, unit)]
    if stale:
        raise UsageError(
            f"{run}: {len(stale)} fits, {stale[0]} for example, were made with other numbers or "
            f"another {task.manifest}; 'mien train' with the same --out brings them up to date"
        )
    return plan


def touched(plan: Experiment, name: str) -> dict[str, Altered]:
    """{branch: its extractor on altered clips} of the branches that an alteration changes."""
    plain = {b: extractor_of(branch) for b, branch in plan.task.recipe.branches.items()}
    return {
        b: Altered(measure, name)
        for b, measure in plain.items()
        if ("sound" if measure.modality == "voice" else "picture") in alteration(name).touches
    }


def altered_scores(plan: Experiment, name: str) -> ScoreTable:
    """What the trainings of each fold say about the reported clips, altered.

    Only systems that the alteration touches are in the table. Branches that it does not touch
    keep their scores, and each fold keeps its fusion.

    Raises:
        UsageError: features of altered clips are not in the store.
    """
    changed, store = touched(plan, name), Store(plan.task.store)
    features = {b: load_features(plan.manifest, measure, store) for b, measure in changed.items()}
    parts = []
    for seed in plan.seeds:
        for fold in plan.folds:
            rows = outer_rows(plan, seed, fold)
            for b, altered in features.items():
                seen = fold.seen(plan.task.recipe, b)
                unit = FitJob(b, seed, fold.number, OUTER, seen, fold.test)
                rows[b] = rows_of(plan, unit, [altered[i] for i in fold.test])
            answers = fold_joint(plan, seed, fold).systems(rows)
            joins = plan.task.recipe.joins
            moved = {name for name, (_, of) in joins.items() if set(of) & set(changed)}
            kept = {system: answers[system] for system in answers if system in moved | set(changed)}
            parts.append((seed, fold, kept))
    return table_of(plan, parts)


def final_unit(plan: Experiment, branch: str) -> FitJob:
    """The fit of the final system."""
    seen = plan.final.seen(plan.task.recipe, branch)
    return FitJob(branch, plan.seeds[0], FINAL, OUTER, seen, ())


def rows_of(plan: Experiment, unit: FitJob, features: Sequence[Features]) -> BranchScores:
    """What a finished unit says of any clips."""
    classes = len(plan.manifest.labels)
    example = next((clip for clip in features if clip.valid.any()), None)
    model = None if example is None else learner_of(plan, unit, example)
    return encoded([model.predict(clip) if model else None for clip in features], classes)


def learner_of(plan: Experiment, unit: FitJob, example: Features) -> Learner:
    """The learner of a finished unit, for features like the example."""
    classes, shape = len(plan.manifest.labels), example.values.shape[1:]
    result = learner(plan.task.recipe, unit.branch, classes, shape)
    result.load(plan.task.folder(unit))
    return result

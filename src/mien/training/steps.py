"""What a training or an evaluation does, step by step; the API and the commands call it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import UsageError
from mien.training.distributed import is_first, started, together, wait

if TYPE_CHECKING:
    from mien.data.manifest import Manifest
    from mien.features.extractors import Extractor
    from mien.features.store import Failure
    from mien.training.experiment.paths import ExperimentPaths
    from mien.training.experiment.plan import FitJob
    from mien.training.experiment.run import Experiment
    from mien.training.recipes.declaration import Recipe

__all__ = [
    "Fills",
    "Fits",
    "Hooks",
    "declare",
    "demand_all",
    "evaluate_altered",
    "evaluate_others",
    "experiment",
    "extract_features",
    "run_experiment",
]

Fits = Callable[["ExperimentPaths", Sequence["FitJob"], int], None]
"""(paths, jobs, how many at a time): fits them."""
Fills = Callable[["Manifest", Sequence["Extractor"], Path, int], None]
"""(clips, extractors, folder of the store, clips at a time): measures what is not there yet."""


def _fit(paths: ExperimentPaths, jobs: Sequence[FitJob], at_once: int) -> None:
    from mien.training.experiment.work import fit_units

    for _ in fit_units(paths, jobs, at_once):
        pass


def _fill(manifest: Manifest, extractors: Sequence[Extractor], folder: Path, at_once: int) -> None:
    from mien.features.store import Store, run_features

    demand_all(run_features(manifest, extractors, Store(folder), at_once))


def demand_all(failures: Sequence[Failure]) -> None:
    """See that every clip has its features.

    Raises:
        UsageError: some could not be made.
    """
    if failures:
        first = failures[0]
        raise UsageError(
            f"{len(failures)} features cannot be made, for example {first.clip}: {first.reason}; "
            "mend the files or leave the clips out of the manifest"
        )


def _silent(note: str) -> None:
    """Notes are for people at a terminal."""


@dataclass(frozen=True)
class Hooks:
    """Who does the long work, and is told of it; the command line gives its own, with bars.

    Args:
        fit: fits the jobs of an experiment.
        fill: fills the feature store.
        note: takes a remark on the data, one line.
        plan: takes what the networks will cost, a line each, before anything is fitted.
    """

    fit: Fits = _fit
    fill: Fills = _fill
    note: Callable[[str], None] = _silent
    plan: Callable[[str], None] = _silent


def declare(
    name: str,
    changes: Sequence[str],
    size: str = "full",
    init: Sequence[str] = (),
    from_scratch: bool = True,
) -> Recipe:
    """A recipe with changes.

    Args:
        name: of a recipe that ships with mien, or a file that declares one.
        changes: "field=value" each.
        size: "full" or "small".
        init: "name=file" each: weights to start from.
        from_scratch: whether random weights will do where the recipe in full size starts from
            others.

    Raises:
        UsageError: no such recipe, field, size or weights, or none where some are needed.
    """
    from mien.training.recipes.catalog import recipe as recipe_named
    from mien.training.recipes.declaration import override
    from mien.training.recipes.init import demand_starts, with_init
    from mien.training.recipes.size import small

    if size not in ("full", "small"):
        raise UsageError(f"--size {size}: must be full or small")
    declared = recipe_named(name)
    if size == "small":
        declared = small(declared)
    for change in changes:
        declared = override(declared, change)
    for weights in init:
        declared = with_init(declared, weights)
    if size == "full" and not from_scratch:
        demand_starts(declared)
    return declared


def experiment(
    recipe: Recipe,
    data: Path,
    out: Path,
    store: Path | None,
    folds: str | None,
    seeds: int,
    tune_on_report: bool,
) -> Experiment:
    """What is to be trained and reported on; see `train` for the arguments.

    Raises:
        UsageError: no such manifest or folds, or fewer than two classes.
    """
    from mien.data.manifest import read_manifest
    from mien.training.experiment.paths import ExperimentPaths
    from mien.training.experiment.plan import OFFICIAL, folds_of
    from mien.training.experiment.run import Experiment

    manifest = read_manifest(data)
    if len({c.label for c in manifest.clips if c.label}) < 2:
        raise UsageError(f"{data}: clips of at least two classes are needed to learn from")
    protocol = folds or OFFICIAL
    features = store or data.parent / "features"
    paths = ExperimentPaths(recipe, data.resolve(), features.resolve(), out)
    split = tuple(folds_of(manifest, protocol))
    return Experiment(paths, manifest, split, protocol, tuple(range(seeds)), tune_on_report)


def run_experiment(
    run: Experiment, jobs: int = 0, force: bool = False, hooks: Hooks | None = None
) -> None:
    """Features, fits, scores; what is there already is not made again.

    Of processes that torchrun started, the first one makes it, and the others help with the fits.

    Args:
        run: as planned.
        jobs: fits at a time; 0 is the cores.
        force: take the place of another run in the folder.
        hooks: see there.

    Raises:
        UsageError: the folder holds another run, or features cannot be made.
        TrainingError: a fit failed.
    """
    from mien.training.experiment.record import begin
    from mien.training.experiment.run import finish, units_of

    units, used = units_of(run), hooks or Hooks()
    with together():
        if is_first():
            _remark(run, used.note)
            _open_starts(run, units)
            _forecast(run, units, jobs, used.plan)
            begin(run, force)
            extract_features(run, jobs, used)
        wait()
        used.fit(run.task, units, 1 if started() else jobs or _at_a_time())
    if is_first():
        finish(run)


def _forecast(
    run: Experiment, units: Sequence[FitJob], jobs: int, plan: Callable[[str], None]
) -> None:
    """Say what the networks of a recipe will take, unless little is left to do."""
    from mien.training.experiment.forecast import forecast, lines, speed_of
    from mien.training.experiment.work import finished

    left = [unit for unit in units if not finished(run.task, unit)]
    recipe, classes = run.task.recipe, len(run.manifest.labels)
    costs = [cost for cost in forecast(recipe, left, classes) if cost.fits]
    speeds = {cost.branch: speed_of(recipe, cost.branch, classes) for cost in costs}
    for line in lines(costs, jobs or _at_a_time(), speeds):
        plan(line)


def _at_a_time() -> int:
    """Fits at a time: one for each graphics card, or else for each core."""
    import torch

    return torch.cuda.device_count() or os.cpu_count() or 1


def _open_starts(run: Experiment, units: Sequence[FitJob]) -> None:
    """Open the weights to start from before hours go by, unless all is fitted that needs them."""
    from mien.training.experiment.work import finished
    from mien.training.learners.starts import check_starts
    from mien.training.recipes.declaration import Encoder

    models = {name: branch.model for name, branch in run.task.recipe.branches.items()}
    needing = {b for b, model in models.items() if isinstance(model, Encoder) and model.init}
    if any(unit.branch in needing and not finished(run.task, unit) for unit in units):
        check_starts(run.task.recipe, len(run.manifest.labels))


def _remark(run: Experiment, note: Callable[[str], None]) -> None:
    """What of the data a reader of the scores has to know."""
    from mien.training.experiment.plan import of_one_speaker

    if any(of_one_speaker(run.manifest.clips, fold.train) for fold in run.folds):
        note(
            "note: a training set is of one speaker; what is held out for the fusion is drawn by "
            "file, so temperatures and weights are those of clips of a known speaker"
        )
    if nameless := sum(not run.manifest.clips[i].speaker for i in run.final.train):
        note(
            f"note: {nameless} training clips have no speaker; what is held out for the fusion is "
            "drawn by group or file, and people on both sides of a split cannot be seen"
        )


def extract_features(run: Experiment, jobs: int, hooks: Hooks | None = None) -> None:
    """Fill the feature store with what the recipe of a run needs.

    Raises:
        UsageError: some features cannot be made.
    """
    from mien.training.experiment.work import extractor_of

    wanted = [extractor_of(branch) for branch in run.task.recipe.branches.values()]
    fill = (hooks or Hooks()).fill
    fill(run.manifest, list(dict.fromkeys(wanted)), run.task.store, jobs or os.cpu_count() or 1)


def evaluate_others(
    plan: Experiment, data: Path, store: Path, jobs: int, allow_seen: bool, hooks: Hooks
) -> Path:
    """Let a run's final system score another manifest.

    Returns:
        The folder of the result.

    Raises:
        UsageError: the labels do not fit, or its speakers were trained on.
    """
    from mien.data.manifest import read_manifest
    from mien.evaluation.reports.cost import write_costs
    from mien.training.experiment.cost import measured
    from mien.training.experiment.external_eval import (
        check_labels,
        final_scores,
        seen_speakers,
        write_scored,
    )
    from mien.training.experiment.work import extractor_of

    manifest = read_manifest(data)
    check_labels(plan.manifest.labels, manifest)
    seen = seen_speakers(plan, manifest)
    if seen and not allow_seen:
        shown = ", ".join(seen[:5]) + (", ..." if len(seen) > 5 else "")
        raise UsageError(
            f"{data}: {len(seen)} speakers were in the training ({shown}); leave their clips out, "
            "or add --allow-seen, which stamps every number. If they are others of the same "
            "name, tell them apart with a column 'corpus' in both manifests"
        )
    wanted = [extractor_of(branch) for branch in plan.task.recipe.branches.values()]
    hooks.fill(manifest, wanted, store, jobs)
    table = final_scores(plan, manifest, store)
    folder = write_scored(plan, manifest, data, table, bool(seen))
    write_costs(measured(plan, manifest), folder)
    return folder


def evaluate_altered(plan: Experiment, names: Sequence[str], jobs: int, hooks: Hooks) -> None:
    """Let the trainings of each fold score the reported clips altered: RUN/altered/NAME.csv.

    Args:
        plan: a finished run.
        names: of the alterations; those that change nothing which the recipe looks at are noted
            and left out.
        jobs: clips at a time.
        hooks: see there.
    """
    from mien.evaluation.scores import write_scores
    from mien.training.experiment.score import altered_scores, touched

    changed = {name: touched(plan, name) for name in names}
    for name in [name for name in names if not changed[name]]:
        hooks.note(f"{name}: changes nothing that this recipe looks at; left out")
        del changed[name]
    wanted = [extractor for branches in changed.values() for extractor in branches.values()]
    hooks.fill(plan.manifest, wanted, plan.task.store, jobs)
    folder = plan.task.run / "altered"
    folder.mkdir(exist_ok=True)
    for name in changed:
        write_scores(altered_scores(plan, name), folder / f"{name}.csv")

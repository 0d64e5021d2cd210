"""Train, evaluate and export from Python, as the commands of the same names do.

    >>> from mien.training import evaluate, export, train
    >>> run = train("mien", "clips.csv", "runs/mien", folds="speaker")
    >>> evaluate(run, data="others.csv").systems
    >>> export(run, "bundles/mien")

Nothing here prints or draws: `Hooks` takes what shows how far the work is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import UsageError
from mien.training.steps import (
    Hooks,
    declare,
    evaluate_altered,
    evaluate_others,
    experiment,
    run_experiment,
)

if TYPE_CHECKING:
    from mien.evaluation.reports import Report
    from mien.training.experiment.assemble import Precision
    from mien.training.experiment.export import Exported

__all__ = ["Hooks", "evaluate", "export", "train"]

Address = str | PathLike[str]


def train(
    recipe: str,
    manifest: Address,
    out: Address,
    *,
    store: Address | None = None,
    changes: Mapping[str, object] | None = None,
    size: str = "full",
    init: Mapping[str, Address] | None = None,
    from_scratch: bool = False,
    folds: str | None = None,
    seeds: int = 1,
    jobs: int = 0,
    tune_on_report: bool = False,
    force: bool = False,
    hooks: Hooks | None = None,
) -> Path:
    """Train a recipe on labelled clips; an interrupted run goes on where it was.

    Args:
        recipe: a name that `mien recipes list` shows, or a file that declares one.
        manifest: table of the clips, CSV or Parquet.
        out: the run folder.
        store: the feature store; None is `features` beside the manifest.
        changes: {field: value}, for example {"voice.model.schooling.fit.epochs": 3}.
        size: "full", or "small" for narrow networks, small crops and short fits.
        init: {name: file or run folder} with weights to start from.
        from_scratch: learn from random weights where the recipe starts from others.
        folds: "speaker", "speaker:6", "random:5"...; None is the manifest's own split.
        seeds: trainings with different seeds.
        jobs: fits at a time; 0 is the cores.
        tune_on_report: fit fusion on the reported clips, as the papers did; stamps every number.
        force: take the place of another run in the folder.
        hooks: see there.

    Returns:
        The run folder, with its scores; `evaluate` reports on it.

    Raises:
        MissingExtraError: the extra `train` is not installed.
        UsageError: no such recipe, field, manifest or folds, or features that cannot be made.
        TrainingError: a fit failed; what was done before stays.
    """
    given = [f"{field}={value}" for field, value in (changes or {}).items()]
    weights = [f"{name}={os.fspath(path)}" for name, path in (init or {}).items()]
    declared = declare(recipe, given, size, weights, from_scratch)
    folder, kept = Path(out), None if store is None else Path(store)
    planned = experiment(declared, Path(manifest), folder, kept, folds, seeds, tune_on_report)
    run_experiment(planned, jobs, force, hooks or Hooks())
    return folder


def evaluate(
    run: Address,
    *,
    data: Address | None = None,
    alter: Sequence[str] = (),
    store: Address | None = None,
    jobs: int = 0,
    allow_seen: bool = False,
    hooks: Hooks | None = None,
) -> Report:
    """Report on a run, on its own clips, on altered ones, or on those of another manifest.

    Args:
        run: a finished run folder.
        data: a manifest of other clips, which the final system scores.
        alter: names of alterations (`mien.data.perturbation.ALTERATIONS`) of the run's own clips.
        store: the feature store; None is `features` beside the manifest.
        jobs: clips at a time; 0 is the cores.
        allow_seen: score speakers that were trained on; stamps every number.
        hooks: see there.

    Raises:
        UsageError: the folder is no finished run, or the clips do not fit it.
    """
    from mien.evaluation.reports import read_run, report_of
    from mien.training.experiment.score import open_plan

    at_once, folder, used = jobs or os.cpu_count() or 1, Path(run), hooks or Hooks()
    if data is not None and alter:
        raise UsageError("data and alter: one at a time; alterations are of the run's own clips")
    if data is not None:
        plan, kept = open_plan(folder, None), Path(store or Path(data).parent / "features")
        folder = evaluate_others(plan, Path(data), kept, at_once, allow_seen, used)
    elif alter:
        plan = open_plan(folder, None if store is None else Path(store))
        evaluate_altered(plan, list(alter), at_once, used)
    return report_of(read_run(folder))


def export(run: Address, out: Address, precision: Precision = "fp32") -> Exported:
    """Make a bundle of a finished run; see `mien.training.experiment.export.export`.

    Args:
        run: the run folder.
        out: the bundle folder to make.
        precision: "fp32", "fp16" (weights stored in half) or "int8".

    Raises:
        UsageError: the folder is no finished run.
        TrainingError: the bundle does not answer as the run does.
    """
    from mien.training.experiment.export import export as make

    return make(Path(run), Path(out), precision)

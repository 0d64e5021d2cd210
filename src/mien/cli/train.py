"""`mien train`: a recipe, a manifest, a run folder with honest scores."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.extras import need
from mien.cli.features import fill_or_fail
from mien.cli.fits import fit_and_show
from mien.errors import UsageError
from mien.training.distributed import is_first, started, together, wait

if TYPE_CHECKING:
    from mien.training.experiment.plan import FitJob
    from mien.training.experiment.run import Experiment
    from mien.training.experiment.work import ExperimentPaths
    from mien.training.recipes.declaration import Recipe

__all__ = ["carry_out", "declare", "measure", "plan_run", "train"]

Fits = Callable[["ExperimentPaths", Sequence["FitJob"], int], None]
"""(task, units, jobs): fits the units of a run."""


def train(
    recipe: Annotated[
        str, typer.Argument(help="A name that 'mien recipes list' shows, or a file.py.")
    ],
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            help="The manifest, CSV or Parquet.",
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The run folder.")] = None,
    store: Annotated[
        Path | None, typer.Option(help="The feature store; else 'features' beside the manifest.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="field=value, e.g. voice.model.schooling.fit.epochs=3"),
    ] = None,
    size: Annotated[
        str, typer.Option(help="'small' makes networks narrow, crops small and fits short.")
    ] = "full",
    init: Annotated[
        list[str] | None,
        typer.Option(
            "--init",
            help="NAME=FILE or NAME=RUN: weights to start from; NAME as 'mien recipes show' has "
            "it under 'start', e.g. vgg_face=vgg_face_dag.pth, or a branch.",
        ),
    ] = None,
    from_scratch: Annotated[
        bool,
        typer.Option(
            "--from-scratch", help="Learn from random weights where the recipe starts from others."
        ),
    ] = False,
    folds: Annotated[
        str | None,
        typer.Option(
            help="'speaker' (the corpus's own folds), 'speaker:6', 'group:3' (the column 'group' "
            "where no speaker is known), 'random:5', 'train+val' (report on test)."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Trainings with different seeds.")] = 1,
    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", help="Fits at a time; with ray processes in a fit; 0: cores."),
    ] = 0,
    engine: Annotated[
        str, typer.Option(help="'ray' shares every fit among processes on many machines.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(help="With ray: of its cluster; else one is started here.")
    ] = None,
    tune_on_report: Annotated[
        bool,
        typer.Option(
            "--tune-on-report",
            help="Fit fusion on the reported clips, as the papers did; stamps every number.",
        ),
    ] = False,
    rate_range: Annotated[
        bool,
        typer.Option(
            "--rate-range", help="Train nothing: print how the loss answers to a rising rate."
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take the place of another run in the folder.")
    ] = False,
) -> None:
    """Train a recipe on labelled clips and report on clips with unseen speakers.

    Without --folds the manifest's own split is used. An interrupted run goes on where it was.
    Under torchrun its processes share every fit, and the numbers are those of one process.
    """
    need("train", "torch", "lightning_fabric", "sklearn")
    if jobs < 0 or seeds < 1:
        raise UsageError("--jobs must be 0 or more, --seeds 1 or more")
    if engine not in ("local", "ray") or (address and engine != "ray"):
        raise UsageError("--engine must be local or ray; --address is for ray")
    several = started() or engine == "ray"
    if several and rate_range:
        raise UsageError("for --rate-range leave torchrun and --engine out")
    if started() and engine == "ray":
        raise UsageError("--engine ray starts the processes itself; leave torchrun out")
    if out is None and not rate_range:
        raise UsageError("name the new run folder with --out, for example --out runs/first")
    if data.is_dir():
        raise UsageError(
            f"--data {data}: is a folder; 'mien data prepare' writes a manifest of the clips in it"
        )
    folder = out or Path()  # a range test writes nothing
    declared = declare(recipe, change or [], size, init or [], from_scratch)
    run = plan_run(declared, data, folder, store, folds, seeds, tune_on_report)
    if rate_range:
        from mien.cli.rates import show_rate_ranges
        from mien.training.learners.starts import check_starts

        check_starts(declared, len(run.manifest.labels))
        measure(run, jobs)
        show_rate_ranges(run)
        return
    from mien.cli.evaluate import evaluate

    carry_out(run, jobs, force, _on_ray(address) if engine == "ray" else fit_and_show)
    if is_first():
        evaluate(folder, store=run.task.store)


def _on_ray(address: str | None) -> Fits:
    """Fits shared among processes on a cluster."""
    need("scale", "ray", "pandas")
    from mien.scale.fits import fit_on_ray

    return partial(fit_on_ray, address=address)


def carry_out(run: Experiment, jobs: int, force: bool = False, fits: Fits = fit_and_show) -> None:
    """Make the run: features, fits, scores; what is there already is not made again.

    Of processes that torchrun started, the first one makes it, and the others help with the fits.

    Args:
        run: as planned.
        jobs: fits at a time; 0 is the cores.
        force: take the place of another run in the folder.
        fits: fits its units.

    Raises:
        UsageError: the folder holds another run, or features cannot be made.
        TrainingError: a fit failed.
    """
    from mien.training.experiment.record import begin
    from mien.training.experiment.run import finish, units_of

    units = units_of(run)
    with together():
        if is_first():
            _tell(run)
            _open_starts(run, units)
            begin(run, force)
            measure(run, jobs)
        wait()
        fits(run.task, units, 1 if started() else jobs or os.cpu_count() or 1)
    if is_first():
        finish(run)


def _open_starts(run: Experiment, units: Sequence[FitJob]) -> None:
    """Open the weights to start from before hours go by, unless all is fitted that needs them."""
    from mien.training.experiment.work import finished
    from mien.training.learners.starts import check_starts
    from mien.training.recipes.declaration import Encoder

    models = {name: branch.model for name, branch in run.task.recipe.branches.items()}
    started = {b for b, model in models.items() if isinstance(model, Encoder) and model.init}
    if any(unit.branch in started and not finished(run.task, unit) for unit in units):
        check_starts(run.task.recipe, len(run.manifest.labels))


def _tell(run: Experiment) -> None:
    from mien.training.experiment.plan import of_one_speaker

    if any(of_one_speaker(run.manifest.clips, fold.train) for fold in run.folds):
        typer.echo(
            "note: a training set is of one speaker; what is held out for the fusion is drawn by "
            "file, so temperatures and weights are those of clips of a known speaker"
        )
    if nameless := sum(not run.manifest.clips[i].speaker for i in run.final.train):
        typer.echo(
            f"note: {nameless} training clips have no speaker; what is held out for the fusion is "
            "drawn by group or file, and people on both sides of a split cannot be seen"
        )


def measure(run: Experiment, jobs: int) -> None:
    """Fill the feature store with what the recipe of a run needs.

    Raises:
        UsageError: some features cannot be made.
    """
    from mien.training.experiment.work import extractor_of

    every = [extractor_of(branch) for branch in run.task.recipe.branches.values()]
    wanted = list(dict.fromkeys(every))
    fill_or_fail(run.manifest, wanted, run.task.store, jobs or os.cpu_count() or 1)


def declare(
    name: str,
    changes: Sequence[str],
    size: str = "full",
    init: Sequence[str] = (),
    from_scratch: bool = True,
) -> Recipe:
    """A recipe from the options of the command.

    Raises:
        UsageError: no such recipe, field, size or weights, or none where the recipe in full size
            starts from some and `from_scratch` does not allow for it.
    """
    from mien.training.recipes.catalog import recipe as find
    from mien.training.recipes.declaration import override
    from mien.training.recipes.init import demand_starts, with_init
    from mien.training.recipes.size import small

    if size not in ("full", "small"):
        raise UsageError(f"--size {size}: must be full or small")
    declared = find(name)
    if size == "small":
        declared = small(declared)
    for change in changes:
        declared = override(declared, change)
    for one in init:
        declared = with_init(declared, one)
    if size == "full" and not from_scratch:
        demand_starts(declared)
    return declared


def plan_run(
    recipe: Recipe,
    data: Path,
    out: Path,
    store: Path | None,
    folds: str | None,
    seeds: int,
    tune_on_report: bool,
) -> Experiment:
    """A run from the options of the command.

    Raises:
        UsageError: no such manifest or folds, or fewer than two classes.
    """
    from mien.data.manifest import read_manifest
    from mien.training.experiment.plan import OFFICIAL, folds_of
    from mien.training.experiment.run import Experiment
    from mien.training.experiment.work import ExperimentPaths

    manifest = read_manifest(data)
    if len({c.label for c in manifest.clips if c.label}) < 2:
        raise UsageError(f"{data}: clips of at least two classes are needed to learn from")
    how = folds or OFFICIAL
    place = store or data.parent / "features"
    task = ExperimentPaths(recipe, data.resolve(), place.resolve(), out)
    split = tuple(folds_of(manifest, how))
    return Experiment(task, manifest, split, how, tuple(range(seeds)), tune_on_report)

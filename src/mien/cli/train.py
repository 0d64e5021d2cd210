"""`mien train`: train a recipe on a manifest, and score it in a run folder."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.extras import need
from mien.cli.hooks import SHOWN
from mien.errors import UsageError
from mien.training.distributed import is_first, started
from mien.training.steps import Fits, declare, experiment, extract_features, run_experiment

__all__ = ["train"]


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
    run = experiment(declared, data, folder, store, folds, seeds, tune_on_report)
    if rate_range:
        from mien.cli.rates import show_rate_ranges
        from mien.training.learners.starts import check_starts

        check_starts(declared, len(run.manifest.labels))
        extract_features(run, jobs, SHOWN)
        show_rate_ranges(run)
        return
    from mien.cli.evaluate import evaluate

    hooks = replace(SHOWN, fit=_on_ray(address)) if engine == "ray" else SHOWN
    run_experiment(run, jobs, force, hooks)
    if is_first():
        evaluate(folder, store=run.task.store)


def _on_ray(address: str | None) -> Fits:
    """Fits shared among processes on a cluster."""
    need("scale", "ray", "pandas")
    from mien.scale.fits import fit_on_ray

    return partial(fit_on_ray, address=address)

"""`mien train`: a recipe, a manifest, a run folder with honest scores."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mien.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from mien.lab.plan import Fold
    from mien.lab.run import Plan
    from mien.manifest import Manifest

__all__ = ["train"]


def train(
    recipe: Annotated[
        str, typer.Argument(help="A name that 'mien recipes list' shows, or a file.py.")
    ],
    data: Annotated[Path, typer.Option("--data", help="The manifest, CSV or Parquet.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The run folder.")],
    store: Annotated[
        Path | None, typer.Option(help="The feature store; else 'features' beside the manifest.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="field=value, e.g. voice.model.schooling.fit.epochs=3"),
    ] = None,
    folds: Annotated[
        str | None,
        typer.Option(help="'speaker' (the corpus's own folds), 'speaker:6', 'random:5'."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Trainings with different seeds.")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Fits at a time; 0: the cores.")] = 0,
    tune_on_report: Annotated[
        bool,
        typer.Option(
            "--tune-on-report",
            help="Fit fusion on the reported clips, as the papers did; stamps every number.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take the place of another run in the folder.")
    ] = False,
) -> None:
    """Train a recipe on labelled clips and report on clips with unseen speakers.

    Without --folds the manifest's own split is used. An interrupted run goes on where it was.
    """
    run = _plan(recipe, data, out, store, change or [], folds, seeds, tune_on_report)
    _need("torch", "lightning_fabric", "sklearn")
    from mien.lab.run import begin, finish, units_of
    from mien.lab.work import fit_units

    if jobs < 0 or seeds < 1:
        raise UsageError("--jobs must be 0 or more, --seeds 1 or more")
    console = Console()
    units = units_of(run)
    begin(run, force)
    _extract(run, jobs or os.cpu_count() or 1)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"{len(units)} fits", total=len(units))
        for unit in fit_units(run.task, units, jobs or os.cpu_count() or 1):
            progress.update(task, advance=1, description=unit.name)
    finish(run)
    from mien.commands.evaluate import report

    report([out])


def _plan(
    recipe: str,
    data: Path,
    out: Path,
    store: Path | None,
    changes: list[str],
    folds: str | None,
    seeds: int,
    tune_on_report: bool,
) -> Plan:
    from mien.lab.plan import official
    from mien.lab.run import Plan
    from mien.lab.work import Task
    from mien.manifest import read_manifest
    from mien.recipes.catalog import recipe as find
    from mien.recipes.declaration import override

    declared = find(recipe)
    for change in changes:
        declared = override(declared, change)
    manifest = read_manifest(data)
    if len({c.label for c in manifest.clips if c.label}) < 2:
        raise UsageError(f"{data}: clips of at least two classes are needed to learn from")
    split = official(manifest.clips) if folds is None else _folds(manifest, folds)
    task = Task(declared, data, store or data.parent / "features", out)
    how = folds or "official split"
    return Plan(task, manifest, tuple(split), how, tuple(range(seeds)), tune_on_report)


def _folds(manifest: Manifest, how: str) -> list[Fold]:
    """Test folds from their description."""
    from mien.lab.plan import random_folds, speaker_folds
    from mien.manifest import folds

    if how.startswith("random:"):
        return random_folds(manifest.clips, how.removeprefix("random:"))
    return speaker_folds(manifest.clips, folds(manifest, how))


def _extract(run: Plan, jobs: int) -> None:
    """Fill the feature store with what the recipe needs."""
    from mien.extract import extractor
    from mien.store import Store, run_features

    wanted = [extractor(b.extractor, **dict(b.settings)) for b in run.task.recipe.branches.values()]
    failures = run_features(run.manifest, wanted, Store(run.task.store), jobs)
    if failures:
        first = failures[0]
        raise UsageError(
            f"{len(failures)} features cannot be made, for example {first.clip}: {first.reason}; "
            "mend the files or leave the clips out of the manifest"
        )


def _need(*packages: str) -> None:
    from importlib.util import find_spec

    for package in packages:
        if find_spec(package) is None:
            raise MissingExtraError(package, "train")

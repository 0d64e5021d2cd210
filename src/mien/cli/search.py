"""`mien search`: try settings of a recipe at random, scored inside the training clips."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mien.cli.extras import need
from mien.cli.fits import fit_and_show
from mien.cli.hooks import SHOWN
from mien.errors import TrainingError, UsageError
from mien.training.steps import declare, experiment, extract_features

if TYPE_CHECKING:
    from optuna import Study

    from mien.training.experiment.run import Experiment
    from mien.training.experiment.search import Trial
    from mien.training.experiment.space import Space

__all__ = ["search"]


def search(
    recipe: Annotated[
        str, typer.Argument(help="A name that 'mien recipes list' shows, or a file.py.")
    ],
    data: Annotated[Path, typer.Option("--data", help="The manifest, CSV or Parquet.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the search.")],
    space: Annotated[
        list[str] | None,
        typer.Option("--space", help="field=low:high, field=low:high:log or field=a,b,c"),
    ] = None,
    trials: Annotated[int, typer.Option(help="Settings to try.")] = 20,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="field=value, the same in all trials.")
    ] = None,
    folds: Annotated[
        str | None,
        typer.Option(help="'speaker' (the corpus's own folds), 'speaker:6', 'random:5'."),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="The feature store; else 'features' beside the manifest.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the settings that are drawn.")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Fits at a time; 0: the cores.")] = 0,
) -> None:
    """Look for better settings of a recipe, without a look at the clips that are reported on.

    Each trial is scored on speakers held out of the training clips. With --folds every fold makes
    its own choice; OUT/scores.csv tells what these choices are worth on the folds' test clips. An
    interrupted search goes on where it was, and more --trials add to it.
    """
    declared = declare(recipe, change or [])
    run = experiment(declared, data, out, store, folds, 1, False)
    need("train", "torch", "lightning_fabric", "sklearn", "optuna")
    from mien.evaluation.scores import write_scores
    from mien.features.store.lock import locked
    from mien.training.experiment.record import begin
    from mien.training.experiment.search import (
        nested,
        nested_units,
        open_study,
        trials_of,
        write_trials,
    )
    from mien.training.experiment.space import spaces

    if jobs < 0 or trials < 1:
        raise UsageError("--jobs must be 0 or more, --trials 1 or more")
    wanted = spaces(run.task.recipe, _parsed_space(space or []) or run.task.recipe.search)
    begin(replace(run, how=f"{run.how}, settings searched inside each"))
    with locked(out / ".lock") as acquired:
        if not acquired:
            raise UsageError(f"{out}: another search is at work in this folder")
        study, at_once = open_study(out, wanted), jobs or os.cpu_count() or 1
        extract_features(run, jobs, SHOWN)
        while len(tried := trials_of(study)) < trials:
            _try(run, study, wanted, seed, at_once)
            write_trials(run, trials_of(study), out / "trials.csv")
        if not any(trial.scores for trial in tried):
            raise TrainingError(f"all trials failed; the last one: {tried[-1].reason}")
        for chosen, units in nested_units(run, tried):
            fit_and_show(chosen.task, units, at_once)
        write_scores(nested(run, tried), out / "scores.csv")
    _show(run, tried)
    from mien.cli.evaluate import report

    report([out])


def _parsed_space(texts: Sequence[str]) -> dict[str, str]:
    result = {}
    for text in texts:
        field, equals, values = text.partition("=")
        if not equals or not field:
            raise UsageError(f"--space {text}: write field=low:high or field=a,b,c")
        result[field] = values
    return result


def _try(run: Experiment, study: Study, space: Sequence[Space], seed: int, jobs: int) -> None:
    """One trial; a setting that cannot be trained is noted with the reason."""
    from mien.training.experiment.search import (
        Trial,
        held_out_scores,
        inner_units,
        next_values,
        tell,
        trial_run,
        trials_of,
    )

    number = len(trials_of(study))
    trial, values = next_values(study, space, seed)
    chosen = trial_run(run, values)
    try:
        fit_and_show(chosen.task, inner_units(chosen, run.folds), jobs)
        result = Trial(values, held_out_scores(chosen))
    except TrainingError as error:
        result = Trial(values, {}, str(error))
    tell(study, trial, result)
    score = f"{100 * result.mean:.1f} %" if result.scores else "failed"
    words = ", ".join(f"{field}={text}" for field, text in values.items())
    typer.echo(f"trial {number}: {score}  {words}")


def _show(run: Experiment, tried: Sequence[Trial]) -> None:
    """The best settings, and how to train with the best of all."""
    best = sorted((trial for trial in tried if trial.scores), key=lambda trial: -trial.mean)
    table = Table("held-out UAR %", *best[0].values, box=None)
    for trial in best[:10]:
        table.add_row(f"{100 * trial.mean:.1f}", *trial.values.values())
    Console().print(table)
    options = " ".join(f"--set {field}={text}" for field, text in best[0].values.items())
    typer.echo(f"best: {options}")
    if len(run.folds) > 1:
        typer.echo(
            "It was chosen over all folds, so with it 'mien train' reports a little too well; the "
            "figures below are honest: each fold's settings were chosen without its clips."
        )

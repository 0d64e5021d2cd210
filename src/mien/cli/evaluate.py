"""`mien evaluate`, `mien report` and `mien compare`: score runs and compare them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.evaluation.reports import RunFolder
    from mien.training.experiment.run import Experiment

__all__ = ["compare", "evaluate", "report"]


def evaluate(
    run: Annotated[Path, typer.Argument(help="A finished run folder of 'mien train'.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A manifest of other clips; scored by the final system."),
    ] = None,
    alter: Annotated[
        str | None,
        typer.Option("--alter", help="'all', or names with commas, e.g. 'muted,noise 10 dB'."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(help="The feature store; else 'features' beside the manifest."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Clips at a time; 0: the cores.")] = 0,
    allow_seen: Annotated[
        bool,
        typer.Option("--allow-seen", help="Score speakers that were trained on; stamps it."),
    ] = False,
) -> None:
    """Measure a run's time and size, and score it on other clips or on altered ones.

    With --data the final system scores another manifest; the report is in RUN/on/MANIFEST. With
    --alter the trainings of each fold score the reported clips muted, without faces, noisy,
    blurred and so on; the rows are in the run's own report.
    """
    from mien.cli.extras import need

    need("train", "torch", "lightning_fabric", "sklearn")
    from mien.evaluation.reports.cost import read_costs, write_costs
    from mien.training.experiment.cost import measured
    from mien.training.experiment.score import open_plan

    if jobs < 0:
        raise UsageError("--jobs must be 0 or more")
    if data is not None and alter is not None:
        raise UsageError(
            "--data and --alter: one at a time; alterations are of the run's own clips"
        )
    at_once = jobs or os.cpu_count() or 1
    plan = open_plan(run, None if data else store)
    if data is not None:
        from mien.cli.hooks import SHOWN
        from mien.training.steps import evaluate_others

        features = store or data.parent / "features"
        report([evaluate_others(plan, data, features, at_once, allow_seen, SHOWN)])
        return
    if alter is not None:
        _score_altered(plan, alter, at_once)
    if alter is None or read_costs(run) is None:
        write_costs(measured(plan, plan.manifest), run)
    report([run])


def _score_altered(plan: Experiment, alter: str, jobs: int) -> None:
    """Write RUN/altered/NAME.csv for each alteration that the recipe can notice."""
    from mien.cli.hooks import SHOWN
    from mien.data.perturbation import ALTERATIONS
    from mien.training.steps import Hooks, evaluate_altered

    if alter == "all":  # then it is no news that some change nothing
        evaluate_altered(plan, list(ALTERATIONS), jobs, Hooks(SHOWN.fit, SHOWN.fill))
        return
    evaluate_altered(plan, [name.strip() for name in alter.split(",")], jobs, SHOWN)


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or score tables (.csv).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for one report on all; else RUN/report each."),
    ] = None,
    table: Annotated[
        bool,
        typer.Option("--table", help="Only print short Markdown tables, for a README."),
    ] = False,
) -> None:
    """Report how good runs are: figures with intervals, as data, page and Markdown."""
    from mien.evaluation.reports import report_of, write_report
    from mien.evaluation.reports.summary import summary
    from mien.evaluation.reports.terminal import show_report

    run_folders = _read(runs)
    reports = [report_of(run) for run in run_folders]
    if table:
        typer.echo(summary(reports))
        return
    console = Console()
    for run_report in reports:
        show_report(console, run_report)
    if out is not None:
        written = [write_report(reports, out)]
    else:
        written = [
            write_report(run_report, run.report)
            for run, run_report in zip(run_folders, reports, strict=True)
        ]
    for files in written:
        typer.echo(f"wrote {files[0].parent}: {', '.join(file.name for file in files)}")


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or score tables (.csv).")],
    system: Annotated[
        list[str] | None, typer.Option("--system", help="Compare only systems of this name.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for a report with the comparison.")
    ] = None,
) -> None:
    """Say which systems differ, within and across runs over the same clips.

    McNemar's exact test for all pairs, with all counts, adjusted by Holm.
    """
    from mien.evaluation.reports import compare as pairs_of
    from mien.evaluation.reports import report_of, write_report
    from mien.evaluation.reports.terminal import show_comparisons

    run_folders = _read(runs)
    names = [run.title if len(run_folders) > 1 else "" for run in run_folders]
    pairs = pairs_of(
        {name: run.table for name, run in zip(names, run_folders, strict=True)},
        stamps={name: run.stamp for name, run in zip(names, run_folders, strict=True)},
        priors={name: run.prior for name, run in zip(names, run_folders, strict=True)},
        systems=system or (),
    )
    if not pairs:
        raise UsageError("there is only one system, nothing to compare it with; give another run")
    show_comparisons(Console(), pairs)
    for run in run_folders:
        if run.stamp:
            typer.echo(f"† {run.title}: {run.stamp}")
    if out is not None:
        files = write_report([report_of(run) for run in run_folders], out, pairs)
        typer.echo(f"wrote {out}: {', '.join(file.name for file in files)}")


def _read(runs: Sequence[Path]) -> list[RunFolder]:
    """The runs, each with a title of its own."""
    from dataclasses import replace

    from mien.evaluation.reports import read_run

    run_folders = [read_run(path) for path in runs]
    titles = [run.title for run in run_folders]
    return [
        replace(run, title=str(path)) if titles.count(run.title) > 1 else run
        for path, run in zip(runs, run_folders, strict=True)
    ]

"""`mien report` and `mien compare`: what runs are worth, and which is better."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.evaluate import RunFolder

__all__ = ["compare", "report"]


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or score tables (.csv).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for one report on all; else RUN/report each."),
    ] = None,
) -> None:
    """Report how good runs are: figures with intervals, as data, page and Markdown."""
    from mien.evaluate import report_of, write_report
    from mien.evaluate.terminal import show_report

    found = _read(runs)
    reports = [report_of(run) for run in found]
    console = Console()
    for one in reports:
        show_report(console, one)
    if out is not None:
        written = [write_report(reports, out)]
    else:
        written = [write_report(one, run.report) for run, one in zip(found, reports, strict=True)]
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
    from mien.evaluate import compare as pairs_of
    from mien.evaluate import report_of, write_report
    from mien.evaluate.terminal import show_comparisons

    found = _read(runs)
    names = [run.title if len(found) > 1 else "" for run in found]
    pairs = pairs_of(
        {name: run.table for name, run in zip(names, found, strict=True)},
        stamps={name: run.stamp for name, run in zip(names, found, strict=True)},
        priors={name: run.prior for name, run in zip(names, found, strict=True)},
        systems=system or (),
    )
    if not pairs:
        raise UsageError("there is only one system, nothing to compare it with; give another run")
    show_comparisons(Console(), pairs)
    for run in found:
        if run.stamp:
            typer.echo(f"† {run.title}: {run.stamp}")
    if out is not None:
        files = write_report([report_of(run) for run in found], out, pairs)
        typer.echo(f"wrote {out}: {', '.join(file.name for file in files)}")


def _read(runs: Sequence[Path]) -> list[RunFolder]:
    """The runs, each with a title of its own."""
    from dataclasses import replace

    from mien.evaluate import read_run

    found = [read_run(path) for path in runs]
    titles = [run.title for run in found]
    return [
        replace(run, title=str(path)) if titles.count(run.title) > 1 else run
        for path, run in zip(runs, found, strict=True)
    ]

"""`mien adapt`: from labelled clips to a bundle that is better on their kind of material."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.core.progress import progress_bar
from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.training.adapt import Adaptation

__all__ = ["adapt"]

FAILED, NO_GAIN = 1, 3
_SHOWN = 5  # clips that could not be used


def adapt(
    labels_table: Annotated[
        Path,
        typer.Argument(
            metavar="LABELS", help="A table: path, label; perhaps start, end, person, id."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The bundle folder to make.")],
    model: Annotated[
        str | None, typer.Option(help="The bundle to adapt: its folder, or a name.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="A label set of your own, as in calm,lively,bored.")
    ] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", help="What a label of the table stands for, as in joy=happy."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for the report; else OUT-report.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Keeps what was measured; else 'features' beside LABELS.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Files at a time; 0: the cores.")] = 0,
) -> None:
    """Adapt a bundle to 10 to a few hundred labelled clips, if that helps on people left out.

    'mien predict --model OUT' runs what was made. The same command goes on where it was
    interrupted; clips that were measured are not decoded again.

    Exit code: 0 done, 1 some clips could not be used (the others were), 2 wrong usage, 3 no gain
    on people left out, so that no bundle was written.
    """
    from mien.training.adapt import adapt as make
    from mien.training.adapt import write_adaptation

    if jobs < 0:
        raise UsageError("--jobs must be 0 or more")
    names, mapping = None if labels is None else labels.split(","), _mapping(mapped or [])
    with progress_bar() as bar:
        task = bar.add_task("clips", total=None)

        def show(what: str, done: int, total: int) -> None:
            words = {"clips": "clips", "folds": "folds left out"}[what]
            bar.update(task, description=words, completed=done, total=total)

        adapted = make(
            labels_table,
            out,
            model=model,
            labels=names,
            mapping=mapping,
            store=store,
            jobs=jobs,
            progress=show,
        )
    folder = report or out.with_name(f"{out.name}-report")
    write_adaptation(adapted, folder, out.name)
    _show(adapted, folder)
    if adapted.out is None:
        raise typer.Exit(NO_GAIN)
    if adapted.failures:
        raise typer.Exit(FAILED)


def _mapping(texts: list[str]) -> dict[str, str]:
    """What --map says.

    Raises:
        UsageError: not two names with "=" between them.
    """
    pairs = [text.partition("=")[::2] for text in texts]
    for text, (old, new) in zip(texts, pairs, strict=True):
        if not old.strip() or not new.strip():
            raise UsageError(f"--map {text}: write it as in joy=happy")
    return {old.strip(): new.strip() for old, new in pairs}


def _show(adapted: Adaptation, folder: Path) -> None:
    """Clips, steps and result on the terminal."""
    from mien.training.adapt.report import clips_line, headline

    console = Console(highlight=False, soft_wrap=True)
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    for one in adapted.failures[:_SHOWN]:
        notes.print(Text(f"mien: {one.clip}: {one.reason}"))
    if (more := len(adapted.failures) - _SHOWN) > 0:
        notes.print(Text(f"mien: and {more} clips more; all are in adapted.json"))
    console.print(Text(clips_line(adapted)))
    table = Table("step", box=None, pad_edge=False)
    table.add_column("log-loss without", justify="right")
    table.add_column("with", justify="right")
    table.add_column("")
    for step in adapted.steps:
        table.add_row(
            step.name,
            f"{step.before:.3f}",
            f"{step.loss:.3f}",
            "taken" if step.taken else "does not help",
        )
    console.print(table)
    console.print(Text(headline(adapted), style="bold"))
    if adapted.known:
        console.print(Text(f"note: {adapted.known}", style="yellow"))
    if adapted.out:
        console.print(Text(f"wrote {adapted.out}; use it: mien predict --model {adapted.out} CLIP"))
    console.print(Text(f"wrote {folder}: report.html, report.md, report.json, scores.csv"))

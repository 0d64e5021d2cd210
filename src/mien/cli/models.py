"""`mien models`: the installed bundles, and whether one is as good as its card says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.core.progress import progress_bar

if TYPE_CHECKING:
    from mien.evaluation.verify import Check

__all__ = ["app"]

_FAILED = 1
_STYLES = {"same": "green", "DIFFERS": "bold red"}

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="The installed models, and whether they are as good as their cards say.",
    rich_markup_mode=None,
)


@app.callback()
def _top(ctx: typer.Context) -> None:
    """The installed models: size, licence, scores; the same as 'mien models list'."""
    if ctx.invoked_subcommand is None:
        list_()


@app.command("list")
def list_() -> None:
    """List the installed models: size, licence, scores."""
    from mien.cli.show import show_models

    show_models(Console())


@app.command()
def verify(
    data: Annotated[Path, typer.Option("--data", help="The folder that your corpora are in.")],
    bundle: Annotated[
        str | None, typer.Argument(help="A bundle: its folder, or a name 'mien models' lists.")
    ] = None,
    reports: Annotated[
        Path, typer.Option(help="The repository's folder of stored answers, 'reports'.")
    ] = Path("reports"),
) -> None:
    """Work out anew what a bundle scores on data that it never saw, and compare with its card.

    Accuracy, UAR, their intervals, macro-F1, recalls, ECE and n must be those of the card, within
    its rounding. Scores by folds are of networks that are not in the bundle: in the repository they
    are worked out from the answers stored there; what trains the networks anew is named.

    Exit code: 0 nothing differs, 1 a score differs, 2 wrong usage.
    """
    from mien.evaluation.verify import verify as check
    from mien.inference.bundle import load

    model = load(bundle)
    with progress_bar() as bar:
        task = bar.add_task("reading", total=None)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        checks = check(model, data, show, reports)
    _show(checks, model.spec.name)
    if any(one.verdict == "DIFFERS" for one in checks):
        raise typer.Exit(_FAILED)


def _show(checks: Sequence[Check], name: str) -> None:
    """A line a score, then what there is to say of some of them."""
    console = Console(highlight=False, soft_wrap=True)
    if not checks:
        console.print(Text(f"{name}: its card has no scores"))
        return
    table = Table("score", box=None, pad_edge=False)
    for column in ("n", "card", "now"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for one in checks:
        now = "" if one.now is None else f"{100 * one.now.scores.accuracy:.1f} %"
        verdict = Text(one.verdict, style=_STYLES.get(one.verdict, "yellow"))
        card = f"{100 * one.score.accuracy:.1f} %"
        table.add_row(Text(one.score.name), str(one.score.n), card, now, verdict)
    console.print(table)
    for line in dict.fromkeys(filter(None, map(_training, checks))):
        console.print(Text(line))
    for line in dict.fromkeys(filter(None, map(_note, checks))):
        console.print(Text(line))


def _training(one: Check) -> str:
    """What makes the stored answers of a score again."""
    from mien.evaluation.cards import Stored

    how = one.score.how
    if not isinstance(how, Stored) or one.now is None:
        return ""
    return f"{how.report}: from stored answers; '{how.training}' trains the networks anew"


def _note(one: Check) -> str:
    if one.verdict == "by folds":
        return f"cannot be recomputed from the bundle: by folds; {one.note} prints it again"
    if one.verdict == "not told":
        return "not told: the card does not say how these scores were got"
    if one.verdict == "not at hand":
        return f"not at hand: {one.note}"
    return f"{one.score.name}: {one.note}" if one.note else ""

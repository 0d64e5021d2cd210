"""`mien models`: list the installed bundles, and verify their scores."""

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

        def show(description: str, done: int, total: int) -> None:
            bar.update(task, description=description, completed=done, total=total or None)

        checks = check(model, data, show, reports)
    _show(checks, model.spec.name)
    if any(result.verdict == "DIFFERS" for result in checks):
        raise typer.Exit(_FAILED)


def _show(checks: Sequence[Check], name: str) -> None:
    """Print a line for each score, then notes on some of them."""
    console = Console(highlight=False, soft_wrap=True)
    if not checks:
        console.print(Text(f"{name}: its card has no scores"))
        return
    table = Table("score", box=None, pad_edge=False)
    for column in ("n", "card", "now"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for check in checks:
        now = "" if check.now is None else f"{100 * check.now.scores.accuracy:.1f} %"
        verdict = Text(check.verdict, style=_STYLES.get(check.verdict, "yellow"))
        card = f"{100 * check.score.accuracy:.1f} %"
        table.add_row(Text(check.score.name), str(check.score.n), card, now, verdict)
    console.print(table)
    for line in dict.fromkeys(filter(None, map(_training, checks))):
        console.print(Text(line))
    for line in dict.fromkeys(filter(None, map(_note, checks))):
        console.print(Text(line))


def _training(check: Check) -> str:
    """The command that makes the stored answers of a score again."""
    from mien.evaluation.cards import Stored

    method = check.score.how
    if not isinstance(method, Stored) or check.now is None:
        return ""
    return f"{method.report}: from stored answers; '{method.training}' trains the networks anew"


def _note(check: Check) -> str:
    if check.verdict == "by folds":
        return f"cannot be recomputed from the bundle: by folds; {check.note} prints it again"
    if check.verdict == "not told":
        return "not told: the card does not say how these scores were got"
    if check.verdict == "not at hand":
        return f"not at hand: {check.note}"
    return f"{check.score.name}: {check.note}" if check.note else ""

"""`mien recipes`: list, show, copy and check recipes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.pretty import Pretty
from rich.table import Table

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.training.recipes.catalog import recipe, recipes, source

if TYPE_CHECKING:
    from mien.training.experiment.smoke_test import SmokeTest

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="List, show, copy and check recipes.",
    rich_markup_mode=None,
)


@app.command("list")
def list_() -> None:
    """List the recipes that ship with mien."""
    table = Table("recipe", "what it is", box=None, pad_edge=False)
    for entry in recipes().values():
        table.add_row(entry.name, entry.summary)
    Console().print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(help="A recipe's name, or a file.py.")]) -> None:
    """Print a recipe with all hyperparameters, as '--set' names them."""
    Console().print(Pretty(recipe(name), expand_all=True))


@app.command()
def copy(
    name: Annotated[str, typer.Argument(help="The recipe to start from.")],
    file: Annotated[Path, typer.Argument(help="The new file, for example mine.py.")],
) -> None:
    """Copy a recipe to a file of your own: edit it, then 'mien train mine.py'."""
    if file.suffix != ".py":
        raise UsageError(f"{file}: a recipe is a Python file; give a name like mine.py")
    if file.exists():
        raise UsageError(f"{file}: is there already; choose another name")
    text = source(name).read_text("utf-8").replace(f'name="{name}"', f'name="{file.stem}"')
    with atomic(file) as partial:
        partial.write_text(text, "utf-8")
    typer.echo(f"wrote {file}; train it with: mien train {file} --data MANIFEST --out RUN")


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A recipe's name, or a file.py.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Try it on a few clips of this manifest; else made-up ones."),
    ] = None,
) -> None:
    """Try a recipe in small: one step of every branch and fusion, then export, and compare."""
    from mien.cli.extras import need

    need("train", "torch", "lightning_fabric", "sklearn", "onnx")
    with TemporaryDirectory(prefix="mien-check-") as folder:
        tried = _tried(name, data, Path(folder))
    table = Table("system", "trained", "exported", "largest gap", box=None, pad_edge=False)
    for result in tried:
        gap = "–" if result.gap is None else f"{result.gap:.1e}"
        table.add_row(result.system, "yes", result.why or "yes", gap)
    Console().print(table)
    typer.echo(f"{name}: works; nothing of the trial was kept")


def _tried(name: str, data: Path | None, folder: Path) -> list[SmokeTest]:
    """Train and export in a folder."""
    from mien.cli.hooks import SHOWN
    from mien.data.manifest import read_manifest
    from mien.training.experiment.smoke_test import few_clips, parities, quick
    from mien.training.steps import experiment, run_experiment

    clips = few_clips(None if data is None else read_manifest(data), folder)
    plan = experiment(quick(recipe(name)), clips, folder / "run", None, None, 1, False)
    run_experiment(plan, 1, hooks=SHOWN)
    return list(parities(plan, folder / "bundles"))

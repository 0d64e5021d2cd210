"""`mien recipes`: what can be trained, with every number."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.pretty import Pretty
from rich.table import Table

from mien.errors import UsageError
from mien.recipes.catalog import recipe, recipes, source
from mien.report.atomic import atomic

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="List, show and copy recipes.",
    rich_markup_mode=None,
)


@app.command("list")
def list_() -> None:
    """List the recipes that ship with mien."""
    table = Table("recipe", "what it is", box=None, pad_edge=False)
    for one in recipes().values():
        table.add_row(one.name, one.summary)
    Console().print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(help="A recipe's name, or a file.py.")]) -> None:
    """Print a recipe with every number, as '--set' names them."""
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
    text = source(name).read_text().replace(f'name="{name}"', f'name="{file.stem}"')
    with atomic(file) as partial:
        partial.write_text(text)
    typer.echo(f"wrote {file}; train it with: mien train {file} --data MANIFEST --out RUN")

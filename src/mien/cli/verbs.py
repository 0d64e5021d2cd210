"""The verbs that are imported when called, one file each; `mien.cli.app` mounts them."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

__all__ = ["LAB", "StoppedError", "Verbs", "imported"]

LAB = {
    "lines": "lines:lines",
    "models": "models:app",
    "data": "data:app",
    "features": "features:features",
    "recipes": "recipes:app",
    "train": "train:train",
    "search": "search:search",
    "papers": "papers:papers",
    "evaluate": "evaluate:evaluate",
    "report": "evaluate:report",
    "compare": "evaluate:compare",
    "export": "export:export",
    "adapt": "adapt:adapt",
    "convert": "convert:convert",
    "agree": "agree:agree",
    "serve": "serve:serve",
}
"""Verb: its module here, and the function or group in it."""


def imported() -> None:
    """Turn the garbage collector on again once all imports are done.

    `mien.__main__` turns it off for a quick start. `gc.freeze` first exempts all objects that exist
    now (modules, functions, classes), so that later collections do not search them.
    """
    gc.freeze()
    gc.enable()


class StoppedError(Exception):
    """Ctrl-C, with the message of the verb."""


class Verbs(TyperGroup):
    """Imports a verb of the lab when it is called, so that `mien predict` starts without them.

    Contexts and commands are click's, of which newer versions of typer have a copy of their own.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run a verb; typer hides Ctrl-C, so it is raised as another exception.

        Raises:
            StoppedError: on Ctrl-C, with the message of the verb.
        """
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise StoppedError(*error.args) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """All verbs, in the order of `--help`."""
        return [*super().list_commands(ctx), *LAB]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One verb; None where there is none of that name."""
        if cmd_name not in LAB:
            return super().get_command(ctx, cmd_name)
        module, attribute = LAB[cmd_name].split(":")
        verb = getattr(import_module(f"mien.cli.{module}"), attribute)
        imported()
        if not isinstance(verb, typer.Typer):
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command()(verb)
            verb = alone
        command = get_command(verb)
        command.name = cmd_name
        return command

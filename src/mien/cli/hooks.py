"""Long work of the training API, shown on the terminal."""

from __future__ import annotations

from functools import partial

import typer

from mien.cli.features import fill_or_fail
from mien.cli.fits import fit_and_show
from mien.training.steps import Hooks

__all__ = ["SHOWN"]

SHOWN = Hooks(fit_and_show, fill_or_fail, typer.echo, partial(typer.echo, err=True))
"""Bars for fits and features, and notes as they come."""

"""`mien train --rate-range`: the learning-rate range test of a recipe's networks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from mien.training.experiment.run import Experiment

__all__ = ["show_rate_ranges"]

_LINES, _BAR = 20, 30


def show_rate_ranges(run: Experiment) -> None:
    """Test each network on the training clips of the first fold, and suggest a rate.

    Raises:
        UsageError: no branch is a network.
    """
    from mien.training.experiment.rates import rate_ranges
    from mien.training.rate_range import suggested_rate

    for name, rows in rate_ranges(run):
        Console().print(_curve(name, rows))
        rate = suggested_rate(rows)
        if rate is None:
            typer.echo(f"{name}: the loss never fell; is there anything to learn from?\n")
        else:
            typer.echo(f"{name}: try --set {name}.model.schooling.fit.rate={rate:g}\n")


def _curve(name: str, rows: list[tuple[float, float]]) -> Table:
    """The smoothed loss at every few rates."""
    table = Table("rate", "loss", "", box=None, title=f"{name}: loss while the rate rises")
    finite = [loss for _, loss in rows if math.isfinite(loss)]
    low, high = min(finite), max(finite)
    for rate, loss in rows[:: max(1, len(rows) // _LINES)]:
        part = (loss - low) / (high - low or 1) if math.isfinite(loss) else 1
        table.add_row(f"{rate:.1e}", f"{loss:.3f}", "█" * max(1, round(part * _BAR)))
    return table

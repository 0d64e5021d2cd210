"""How far a long job is: the one bar of all commands."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

__all__ = ["progress_bar"]


def progress_bar(
    console: Console | None = None, *, unit: str = "", period: float = 30.0
) -> Progress:
    """A bar that goes when it is done; none where the console is no terminal.

    Args:
        console: where to; None is stderr.
        unit: of what is counted, where the description does not say it.
        period: s whose speed the time left is worked out from.
    """
    console = console or Console(stderr=True, highlight=False, soft_wrap=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *([TextColumn(unit)] if unit else []),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=period,
    )

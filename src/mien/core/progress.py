"""The progress of a long job: a bar on a terminal, else lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table

from mien.core.streams import is_screen

__all__ = ["MINUTE", "progress_bar"]

_BAR_WIDTH = 70  # cells of a terminal that has room for the bar itself

_ECHO_CELLS = 3  # cells

MINUTE = 60.0
"""Seconds between two lines where there is no terminal."""


def progress_bar(
    console: Console | None = None, *, unit: str = "", period: float = 30.0
) -> Progress:
    """A bar that disappears when it is done; without a terminal, a line each minute.

    Args:
        console: where to print; None is stderr. All other output while the bar is shown has to
            go through it, or the two overwrite each other.
        unit: of what is counted, where the description does not say it.
        period: s over which the speed is measured, for the time left.
    """
    console = console or Console(stderr=True, highlight=False)
    columns: list[ProgressColumn] = [
        TextColumn(
            "{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
        ),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        *([TextColumn(unit, table_column=Column(no_wrap=True))] if unit else []),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
    ]
    if console.width >= _BAR_WIDTH:
        columns.insert(1, BarColumn())
    if not console.is_terminal:
        return _Lines(unit, *columns, console=console, disable=True, speed_estimate_period=period)
    return _Bar(
        *columns,
        console=console,
        transient=True,
        expand=True,
        redirect_stdout=is_screen(sys.stdout),  # else what goes into a file would go to the bar
        speed_estimate_period=period,
    )


class _Bar(Progress):
    """A bar that leaves the last cells of its line free, where a terminal echoes ^C."""

    def __init__(self, *columns: ProgressColumn, console: Console, **options: Any) -> None:
        self._screen = console
        super().__init__(*columns, console=console, **options)

    def make_tasks_table(self, tasks: Iterable[Task]) -> Table:
        """A row for each task."""
        table = super().make_tasks_table(tasks)
        table.width = max(1, self._screen.width - _ECHO_CELLS)
        return table


class _Lines(Progress):
    """Prints a line now and then instead of a bar."""

    def __init__(self, unit: str, *columns: ProgressColumn, **options: Any) -> None:
        # With it, `track` would count only while a bar is shown.
        super().__init__(*columns, auto_refresh=False, **options)
        self._unit, self._over = unit, Event()

    def start(self) -> None:
        """Start to print a line each minute."""
        self._over.clear()
        Thread(target=self._print_lines, daemon=True).start()

    def stop(self) -> None:
        """Stop printing."""
        self._over.set()

    def _print_lines(self) -> None:
        while not self._over.wait(MINUTE):
            for task in self.tasks:
                if task.finished or task.completed == task.total:
                    continue
                with suppress(OSError):  # nobody reads it any more
                    self.console.print(self._line(task), markup=False, soft_wrap=True)

    def _line(self, task: Task) -> str:
        total = "?" if task.total is None else f"{task.total:.0f}"
        count = f"{task.completed:.0f}/{total} {self._unit}".rstrip()
        spent, left = _clock(task.elapsed), task.time_remaining
        ahead = "the time left is not known yet" if left is None else f"about {_clock(left)} left"
        return f"{task.description}: {count}, {spent} so far, {ahead}"


def _clock(seconds: float | None) -> str:
    return str(timedelta(seconds=round(seconds or 0)))

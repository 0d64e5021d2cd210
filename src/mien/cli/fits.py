"""Fit with a progress bar: which fits are running, how far they are, and the time left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from rich.progress import Progress

from mien.core.progress import progress_bar

if TYPE_CHECKING:
    from mien.training.experiment.paths import ExperimentPaths
    from mien.training.experiment.plan import FitJob

__all__ = ["fit_and_show"]


def fit_and_show(task: ExperimentPaths, units: Sequence[FitJob], jobs: int) -> None:
    """`fit_units` with a bar, or lines in a file, that count the epochs of all fits.

    Raises:
        TrainingError: a fit failed.
    """
    from mien.training.distributed import is_first
    from mien.training.experiment.work import finished, fit_units

    if not is_first():
        for _ in fit_units(task, units):
            pass
        return
    left = {unit.name: unit for unit in units if not finished(task, unit)}
    bar = progress_bar(unit="epochs", period=900)
    with bar, _watch(bar, task, units, left):
        for unit in fit_units(task, units, jobs):
            left.pop(unit.name, None)


@contextmanager
def _watch(
    bar: Progress, task: ExperimentPaths, units: Sequence[FitJob], left: dict[str, FitJob]
) -> Iterator[None]:
    """Update the bar every second from the logs of the fits, in whatever process they run."""
    total, over = sum(task.epochs(unit)[1] for unit in units), Event()

    def state() -> tuple[int, str]:
        epochs = {name: task.epochs(unit) for name, unit in list(left.items())}
        running = [f"{name} {done}/{of}" for name, (done, of) in epochs.items() if 0 < done < of]
        words = f"{len(units) - len(epochs)} of {len(units)} fits; {', '.join(running[:2])}"
        return total - sum(of - done for done, of in epochs.values()), words.rstrip("; ")

    def look() -> None:
        while not over.wait(1):
            done, words = state()
            bar.update(shown, completed=done, description=words)

    done, words = state()
    shown = bar.add_task(words, total=total, completed=done)
    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()

"""A batch as people see it: progress, an answer each, failures in one line, a closing line."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import Progress, TaskID

from mien.batch import Job, Outcome, run
from mien.errors import printable
from mien.inputs import Input
from mien.progress import progress_bar
from mien.show import show_prediction

__all__ = ["run_and_show"]


def run_and_show(inputs: list[Input], job: Job, *, jobs: int, force: bool, lines: bool) -> int:
    """Analyse files, show how it goes, and return how many failed.

    Args:
        inputs: the files.
        job: what to do with each.
        jobs: processes.
        force: do again what is done.
        lines: print each answer as a line of JSON, and nothing else, on stdout.
    """
    out = Console(highlight=False, emoji=False)
    notes = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    failed = skipped = 0
    with progress_bar(notes) as progress:
        task = progress.add_task("files", total=len(inputs))
        within = _Within(progress, len(inputs) == 1)
        for outcome in run(inputs, job, jobs=jobs, force=force, progress=within):
            progress.advance(task)
            failed += outcome.error is not None
            skipped += outcome.skipped
            _show(outcome, job, out if len(inputs) <= 20 else None, notes, lines)
    if len(inputs) > 1 or skipped:
        done = len(inputs) - failed - skipped
        notes.print(f"{done} done, {skipped} done before, {failed} failed", markup=False)
    return failed


class _Within:
    """Progress inside a single long file."""

    def __init__(self, progress: Progress, single: bool) -> None:
        self._progress, self._single = progress, single
        self._task: TaskID | None = None

    def __call__(self, done: float, total: float | None) -> None:
        if not self._single:
            return
        if self._task is None:
            self._task = self._progress.add_task("seconds", total=total)
        self._progress.update(self._task, completed=round(done), total=total and round(total))


def _show(outcome: Outcome, job: Job, out: Console | None, notes: Console, lines: bool) -> None:
    if outcome.error is not None:
        notes.print(f"mien: {outcome.error}", markup=False)
        return
    if outcome.skipped:
        if out is not None and not lines:
            name = printable(str(outcome.input.path))
            notes.print(f"{name}: done before (--force does it again)", markup=False)
        return
    assert outcome.prediction is not None
    if lines:
        from mien.answer import answer_text

        sys.stdout.writelines(answer_text(outcome.prediction))
        sys.stdout.write("\n")
        sys.stdout.flush()
    elif out is not None:
        show_prediction(out, outcome.prediction)
        for path in job.files(outcome.input).values():
            notes.print(printable(f"  wrote {path}"), markup=False)

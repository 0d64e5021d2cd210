"""The output of a batch: progress, an answer per file, failures in a line, a summary."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from mien.cli.show import prediction_line, show_prediction
from mien.core.inputs import Input
from mien.core.progress import progress_bar
from mien.core.streams import is_screen
from mien.errors import printable
from mien.inference.batch import Job, Outcome, run
from mien.types import Prediction

__all__ = ["run_and_show"]


def run_and_show(
    inputs: list[Input],
    job: Job,
    *,
    jobs: int,
    force: bool,
    lines: bool,
    passed: str = "",
    table: Path | None = None,
) -> int:
    """Analyse files, show how it goes, and return how many failed.

    One file is shown in full, several with a line each.

    Args:
        inputs: the files.
        job: what to do with each.
        jobs: processes.
        force: do again what is done.
        lines: print each answer as a line of JSON, and nothing else, on stdout.
        passed: what was passed over, in words.
        table: a file for a row of each.

    Raises:
        KeyboardInterrupt: with a line on what is done and how to go on.
        OSError: an answer could not be printed; where results are written, they all are.
        OutputError: the table cannot be written.
    """
    screen = _Screen(job, len(inputs) == 1, lines)
    counts: Counter[str] = Counter()
    rows = _ClipTable(table, inputs)
    if passed:
        screen.note(f"passed over: {passed}")
    try:
        with screen.bar as bar:
            task = bar.add_task("files", total=len(inputs))
            within = _FileProgress(bar, len(inputs) == 1)
            for outcome in run(inputs, job, jobs=jobs, force=force, progress=within):
                bar.advance(task)
                counts[_state(outcome)] += 1
                rows.add(outcome)
                screen.show(outcome)
    except KeyboardInterrupt:
        rows.write()
        raise KeyboardInterrupt(_interrupted(counts, len(inputs), job, table)) from None
    rows.write()
    if len(inputs) > 1 or counts["done before"]:
        words = (f"{counts[state]} {state}" for state in ("done", "done before", "failed"))
        screen.note(", ".join(words))
    screen.close()
    return counts["failed"]


def _state(outcome: Outcome) -> str:
    if outcome.error is not None:
        return "failed"
    return "done before" if outcome.skipped else "done"


def _interrupted(counts: Counter[str], total: int, job: Job, table: Path | None) -> str:
    done = counts["done"] + counts["done before"]
    text = f"{done} of {total} files done"
    if counts["failed"]:
        text += f", {counts['failed']} failed"
    if table is not None and counts:
        text += f", which {table} has"
    if job.out is not None:
        return f"{text}; the same command goes on from there"
    return f"{text}; with --out DIR the same command would go on from there"


class _ClipTable:
    """The rows of a table of clips."""

    def __init__(self, path: Path | None, inputs: list[Input]) -> None:
        self._path = path
        self._positions = {item.path: position for position, item in enumerate(inputs)}
        self._rows: dict[int, dict[str, bool | int | float | str | None]] = {}

    def add(self, outcome: Outcome) -> None:
        """A row for one file."""
        if self._path is None:
            return
        from mien.output.report.clip_table import clip_row, failed_row

        position = self._positions[outcome.input.path]
        if outcome.prediction is not None:
            self._rows[position] = clip_row(outcome.prediction)
        elif outcome.error is not None:
            self._rows[position] = failed_row(outcome.input.path, outcome.error)

    def write(self) -> None:
        """The table with the rows so far, in the order of the inputs; none without any."""
        if self._path is None or not self._rows:
            return
        from mien.output.report.clip_table import write_clips

        write_clips([self._rows[position] for position in sorted(self._rows)], self._path)


class _Console(Console):
    """A console that raises `BrokenPipeError` for a closed pipe; rich would end the process."""

    def on_broken_pipe(self) -> None:
        """Raise it.

        Raises:
            BrokenPipeError: always.
        """
        raise BrokenPipeError


class _Screen:
    """Answers on stdout, notes on stderr, and the bar; a failed print does not end the batch.

    Where both streams are terminals, all goes through one console: two would overwrite each other.
    """

    def __init__(self, job: Job, single: bool, lines: bool) -> None:
        self._job, self._single, self._lines = job, single, lines
        self._out = _Console(highlight=False, emoji=False)
        both = is_screen(sys.stdout) and is_screen(sys.stderr) and not lines
        notes = _Console(stderr=True, highlight=False, emoji=False)
        self._notes = self._out if both else notes
        self._failed: OSError | None = None
        hidden = lines and is_screen(sys.stdout)
        unseen = Console(file=sys.stderr, force_terminal=False)
        self.bar = progress_bar(unseen if hidden else self._notes)

    def note(self, text: str) -> None:
        """A line for people, beside the answers."""
        with suppress(OSError):
            self._notes.print(printable(text), markup=False, soft_wrap=True)

    def show(self, outcome: Outcome) -> None:
        """Show the outcome of one file.

        Raises:
            OSError: the answer cannot be printed and is not written either.
        """
        if outcome.error is not None:
            self.note(f"mien: {outcome.error}")
        elif outcome.skipped:
            self.note(f"{outcome.input.path}: done before (--force does it again)")
        elif outcome.prediction is not None:
            self._answer(outcome.prediction)
            if self._single:
                for path in self._job.files(outcome.input).values():
                    self.note(f"  wrote {path}")

    def close(self) -> None:
        """Raise the error that kept answers from being printed."""
        if self._failed is not None:
            raise self._failed

    def _answer(self, prediction: Prediction) -> None:
        if self._failed is not None:
            return
        try:
            self._print(prediction)
        except OSError as error:
            if self._job.out is None:
                raise
            self._failed = error

    def _print(self, prediction: Prediction) -> None:
        if self._lines:
            _print_json(prediction)
        elif self._single:
            show_prediction(self._out, prediction)
        else:
            self._out.print(prediction_line(prediction), soft_wrap=True)


def _print_json(prediction: Prediction) -> None:
    """Print a line of JSON; where stdout is not UTF-8, with escapes, which are the same JSON."""
    from mien.output.answer import answer_text

    ascii_only = (sys.stdout.encoding or "").lower().replace("_", "-") not in ("utf-8", "utf8")
    sys.stdout.writelines(answer_text(prediction, ascii_only=ascii_only))
    sys.stdout.write("\n")
    sys.stdout.flush()


class _FileProgress:
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

"""The labels of each coder: one CSV each, whole on the disk before a key press is acknowledged."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.data.manifest_files import Cell, write_rows
from mien.errors import OutputError, UsageError
from mien.evaluation.agree.result import ANSWERS
from mien.serve.annotate.tasks import Task

__all__ = ["NO_USE", "Ledger", "Mark", "coder_name"]

_COLUMNS = ["clip", "start", "end", "label", "coder", "answer_seen"]
_NAME = re.compile(r"[^\W_][\w .-]{0,38}[^\W_]|[^\W_]")
NO_USE = "-"
"""The label of a stretch that is of no use."""


@dataclass(frozen=True)
class Mark:
    """What a coder said of a stretch.

    Args:
        label: `NO_USE` where it is of no use.
        answer_seen: whether mien's answer was looked at before.
    """

    label: str
    answer_seen: bool = False


def coder_name(text: str) -> str:
    """A name that a file can be called by.

    Raises:
        UsageError: it is none.
    """
    name = text.strip()
    if not _NAME.fullmatch(name) or name.casefold() == ANSWERS:
        raise UsageError(
            "a coder's name has 1 to 40 letters, digits, spaces, dots or dashes, and is not "
            f"'{ANSWERS}'"
        )
    return name


class Ledger:
    """Reads and writes `CODER.csv` in a folder; coders do not see each other's.

    Args:
        folder: made with the first label.
        tasks: what there is to label; labels of stretches that are no longer there are kept.
    """

    def __init__(self, folder: Path, tasks: Sequence[Task]) -> None:
        self.folder = folder
        self._tasks = {task.id: task for task in tasks}
        self._ids = {_key(_row(task)): task.id for task in tasks}
        self._lock = threading.Lock()

    def path(self, coder: str) -> Path:
        """The coder's file."""
        return self.folder / f"{coder}.csv"

    def marks(self, coder: str) -> dict[str, Mark]:
        """{task: what the coder said}, as it is on the disk."""
        return self._read(coder)[0]

    def put(self, coder: str, task: str, mark: Mark | None) -> None:
        """Write one label; None takes it back. It is on the disk when this returns.

        Raises:
            UsageError: there is no such task.
            OutputError: it cannot be written; what was there before is whole.
        """
        if task not in self._tasks:
            raise UsageError("there is no such stretch to label; load the page again")
        with self._lock:
            marks, others = self._read(coder)
            if mark is None:
                marks.pop(task, None)
            else:
                marks[task] = mark
            rows = [
                _row(t) | {"label": marks[i].label, "answer_seen": _yes(marks[i].answer_seen)}
                for i, t in self._tasks.items()
                if i in marks
            ]
            named = [row | {"coder": coder} for row in (*rows, *others)]
            write_rows(self.path(coder), _COLUMNS, named)

    def _read(self, coder: str) -> tuple[dict[str, Mark], list[dict[str, Cell]]]:
        """The labels, and the rows of stretches that are not to be labelled here."""
        path = self.path(coder)
        marks: dict[str, Mark] = {}
        others: list[dict[str, Cell]] = []
        if not path.is_file():
            return marks, others
        try:
            with path.open(newline="", encoding="utf-8") as stream:
                for row in csv.DictReader(stream):
                    task = self._ids.get(_key(row))
                    if task is None:
                        others.append({name: row.get(name) or "" for name in _COLUMNS})
                    else:
                        seen = row.get("answer_seen") == _yes(True)
                        marks[task] = Mark(row.get("label") or NO_USE, seen)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise OutputError(f"{path}: cannot be read ({error}); move it away") from None
        return marks, others


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _row(task: Task) -> dict[str, Cell]:
    return {"clip": task.clip, "start": task.start, "end": task.end}


def _key(row: Mapping[str, Cell]) -> tuple[str, str, str]:
    clip, start, end = ("" if row.get(n) is None else str(row[n]) for n in _COLUMNS[:3])
    return clip, start, end

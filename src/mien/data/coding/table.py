"""Tables as spreadsheets and coding programs write them, with the line of each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mien.data.manifest_files import text_of
from mien.errors import UsageError

__all__ = ["Row", "Table", "candidate_tables"]

_DELIMITERS = ",;\t|"
_MOST_HEAD = 60  # lines before the names of the columns, as BORIS has them


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        where: file and line, for messages.
        cells: {name of the column in lower case: text}; a column that is not there is "".
        surplus: whether there were more cells than columns.
    """

    where: str
    cells: Mapping[str, str]
    surplus: bool = False

    def first(self, names: Sequence[str]) -> str:
        """The first of some columns that holds text, without space around it; "" for none."""
        cells = (self.cells.get(name, "").strip() for name in names)
        return next(filter(None, cells), "")


class Table:
    """A table whose columns have names.

    Args:
        path: of the file.
        names: of the columns, in lower case.
        rows: those below the names; gone through when they are asked for.
    """

    def __init__(self, path: Path, names: Iterable[str], rows: Iterable[Row]) -> None:
        self.path, self.names, self._rows = path, tuple(names), rows

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows below the names."""
        return tuple(self._rows)

    def has(self, *groups: Sequence[str]) -> bool:
        """Whether a column of each group of names is there."""
        return all(any(name in self.names for name in group) for group in groups)


def candidate_tables(path: Path) -> Iterator[Table]:
    """A file read in every way that it may be meant: separator, and line of the names.

    Raises:
        UsageError: it cannot be read as text.
    """
    text = text_of(path)
    if not text.strip():
        raise UsageError(f"{path}: is empty")
    for delimiter in _DELIMITERS:
        if delimiter not in text:
            continue
        lines = _lines(text, delimiter)
        for k, (_, cells) in enumerate(lines[:_MOST_HEAD]):
            if sum(bool(cell.strip()) for cell in cells) >= 2:
                yield _table(path, cells, lines[k + 1 :])


def _lines(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """(line in the file, cells) of the rows that hold something."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, cells))
    except csv.Error:  # a quote that is never closed, where this is no separator
        return rows
    return rows


def _table(path: Path, names: list[str], lines: list[tuple[int, list[str]]]) -> Table:
    plain = [" ".join(name.split()).casefold() for name in names]
    while plain and not plain[-1]:
        plain.pop()
    rows = (_row(path, line, plain, cells) for line, cells in lines)
    return Table(path, plain, rows)


def _row(path: Path, line: int, names: list[str], cells: list[str]) -> Row:
    filled = cells + [""] * (len(names) - len(cells))
    surplus = any(cell.strip() for cell in cells[len(names) :])
    return Row(f"{path}: line {line}", dict(zip(names, filled, strict=False)), surplus)

"""One reader for what coders write: the format is told by the file's ending and its columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mien.data.coding.boris_project import is_project, project_entries
from mien.data.coding.boris_table import boris_entries, is_boris
from mien.data.coding.elan import read_elan
from mien.data.coding.mapping import Mapped, mapped
from mien.data.coding.noldus import is_noldus, noldus_entries
from mien.data.coding.plain import is_plain, named, plain_entries
from mien.data.coding.praat import read_textgrid
from mien.data.coding.sheet import annotators, is_sheet, sheet_entries
from mien.data.coding.stretch import CodedStretch, Coding, Entry, coders_of
from mien.data.coding.table import Row, Table, candidate_tables
from mien.errors import UsageError
from mien.types import Reason

__all__ = ["SUFFIXES", "coding_files", "read_coding"]

SUFFIXES = (".eaf", ".textgrid", ".boris", ".json", ".csv", ".tsv", ".txt")
"""Endings of the files that are read, in lower case."""

_WANTED = (
    "columns start, end and label (and coder, intensity, clip, person), annotator_NAME, or an "
    "export of BORIS or The Observer"
)
Reader = Callable[[Table], Iterator[Entry]]
_TABLES: tuple[tuple[Callable[[Table], bool], Reader], ...] = (
    (is_sheet, sheet_entries),
    (is_boris, boris_entries),
    (is_noldus, noldus_entries),
    (is_plain, plain_entries),
)
"""The kinds of tables, the most particular first."""


def read_coding(path: str | Path, mapping: Mapped | None = None, coder: str = "") -> Coding:
    """Read a file in which people coded clips.

    ELAN (.eaf), Praat (.TextGrid), BORIS (.boris, and its exports as CSV, TSV or JSON), tables of
    The Observer's kind, sheets of `mien data agree`, manifests, and plain tables with the columns
    start, end, label and perhaps coder, intensity, clip, person; with any separator, decimal
    commas, byte order mark, UTF-16.

    Args:
        path: of the file.
        mapping: {label as coded: name}, see `mapping`; labels without an entry stay.
        coder: who coded all of it; "" leaves it to the file.

    Raises:
        UsageError: not there, or none of these formats.
        MissingExtraError: ELAN and Praat without the extra `coding`.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    entries, coders = _read(path)
    stretches = [entry for entry in entries if isinstance(entry, CodedStretch)]
    if coder:
        stretches, coders = [replace(s, coder=coder) for s in stretches], [coder]
    return Coding(
        path=path,
        stretches=tuple(mapped(stretches, mapping or {})),
        coders=tuple(coders) or coders_of(stretches) or ("",),
        problems=tuple(entry for entry in entries if isinstance(entry, Reason)),
    )


def coding_files(paths: Iterable[Path]) -> list[Path]:
    """The files of codings among paths; a folder stands for those in it and below.

    Raises:
        UsageError: a path is not there, or a folder holds none.
    """
    result: list[Path] = []
    for path in paths:
        if not path.is_dir():
            if not path.exists():
                raise UsageError(f"{path}: there is no such file or folder")
            result.append(path)
            continue
        inside = [p for p in sorted(path.rglob("*")) if p.suffix.casefold() in SUFFIXES]
        if not inside:
            raise UsageError(f"{path}: holds no coding ({', '.join(SUFFIXES)})")
        result += inside
    return result


def _read(path: Path) -> tuple[list[Entry], list[str]]:
    """Stretches and problems, and the coders where the file names them apart."""
    suffix = path.suffix.casefold()
    if suffix == ".eaf":
        return read_elan(path)
    if suffix == ".textgrid":
        return read_textgrid(path)
    if suffix in (".json", ".boris"):
        return _read_json(path)
    for table in candidate_tables(path):
        if entries := _entries(table):
            return entries
    if headless := next(filter(None, map(named, candidate_tables(path))), None):
        return list(plain_entries(headless)), []
    raise UsageError(f"{path}: has none of the columns that are known: {_WANTED}")


def _entries(table: Table) -> tuple[list[Entry], list[str]] | None:
    for fits, read in _TABLES:
        if fits(table):
            coders = annotators(table) if read is sheet_entries else ()
            return list(read(table)), list(coders)
    return None


def _read_json(path: Path) -> tuple[list[Entry], list[str]]:
    """A project of BORIS, or a list of objects, which is read as a table."""
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        raise UsageError(f"{path}: cannot be read as JSON") from None
    if is_project(content):
        return list(project_entries(path, content)), []
    rows = content.get("events") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: neither a project of BORIS nor a list of events")
    entries = _entries(_table(path, rows))
    if entries is None:
        raise UsageError(f"{path}: has none of the columns that are known: {_WANTED}")
    return entries


def _table(path: Path, rows: Iterable[Mapping[str, object]]) -> Table:
    read = [
        Row(f"{path}: event {k}", {str(n).casefold(): _text(v) for n, v in row.items()})
        for k, row in enumerate(rows, 1)
    ]
    return Table(
        path, tuple(dict.fromkeys(name for row in read for name in row.cells)), tuple(read)
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)

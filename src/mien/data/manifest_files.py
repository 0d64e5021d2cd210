"""Read and write rows of tables in CSV or Parquet, whatever they mean.

Tables that a spreadsheet has saved are read too: other separators, decimal commas, byte order
marks, UTF-16, rows of nothing, names of columns in capitals.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from mien.core.atomic import atomic
from mien.errors import MissingExtraError, OutputError, UsageError

__all__ = ["Cell", "delimiter_of", "demand_kind", "read_rows", "text_of", "write_rows"]

_KINDS = (".csv", ".parquet")
_DELIMITERS = ",;\t|"
_DECIMAL = re.compile(r"\s*\d+,\d+\s*")
_SHEETS = {b"PK\x03\x04": "xlsx or ods", b"\xd0\xcf\x11\xe0": "xls"}
_SAVE = "in a spreadsheet, save it as 'CSV UTF-8'"

Row = tuple[int, dict[str, str]]
Cell = str | float | None


def read_rows(
    path: Path, needed: Sequence[str], known: Sequence[str], numbers: Sequence[str] = ()
) -> list[Row]:
    """Rows with their line in the file (CSV) or their number from 1 (Parquet); all cells as text.

    Args:
        path: the table.
        needed: columns that must be there.
        known: columns that a table has, for the message where one is missing; they are known in
            capitals too.
        numbers: columns in which a comma is a decimal one, where it does not separate the cells.

    Raises:
        UsageError: not a table, a needed column missing, a column twice, a row too short or long.
        MissingExtraError: Parquet without the extra `tables`.
    """
    names, rows = _parquet(path) if path.suffix == ".parquet" else _csv(path, known, numbers)
    missing = [name for name in needed if name not in names]
    if missing:
        text = f"no column {', '.join(missing)}; a manifest has {', '.join(known)}"
        raise UsageError(f"{path}: {text}")
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise UsageError(f"{path}: the column '{twice[0]}' stands there twice")
    return rows


def delimiter_of(header: str, known: Sequence[str]) -> str:
    """The delimiter of a table, from its first line: the one that gives most known columns."""
    names = set(known)
    cells = {d: {c.strip(' "').lower() for c in header.strip().split(d)} for d in _DELIMITERS}
    return max(_DELIMITERS, key=lambda d: len(cells[d] & names))


def _csv(path: Path, known: Sequence[str], numbers: Sequence[str]) -> tuple[list[str], list[Row]]:
    text = text_of(path)
    stated = re.match(r"sep=(.)\r?\n", text)  # Excel's own way to say it
    lines = io.StringIO(text, newline="")
    skipped = len(lines.readline()[:1]) if stated else 0
    delimiter = stated[1] if stated else delimiter_of(text.partition("\n")[0], known)
    try:
        reader = csv.reader(lines, strict=True, delimiter=delimiter)
        names = _names(next(reader, []), known)
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):  # a row of nothing
                continue
            number = reader.line_num + skipped
            if len(cells) < len(names) or any(cells[len(names) :]):
                counts = f"{len(cells)} cells for {len(names)} columns"
                raise UsageError(f"{path}: line {number}: {counts}")
            row = dict(zip(names, cells, strict=False))
            for name in numbers if delimiter != "," else ():
                if _DECIMAL.fullmatch(row.get(name, "")):
                    row[name] = row[name].replace(",", ".")
            rows.append((number, row))
    except csv.Error as error:
        raise UsageError(f"{path}: not a table in CSV (UTF-8): {error}; {_SAVE}") from None
    return names, rows


def _names(cells: list[str], known: Sequence[str]) -> list[str]:
    """Names of columns, without empty ones at the end."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    plain = [cell.strip() for cell in cells]
    return [name.lower() if name.lower() in known else name for name in plain]


def text_of(path: Path) -> str:
    """The text of a table.

    Raises:
        UsageError: it is not there, a spreadsheet's own file, or in an old encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    for start, kind in _SHEETS.items():
        if content.startswith(start):
            raise UsageError(f"{path}: is a spreadsheet ({kind}) and not a table in CSV; {_SAVE}")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not a table in CSV (UTF-8): {error}; {_SAVE}") from None


def _parquet(path: Path) -> tuple[list[str], list[Row]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "tables") from None
    try:
        table = parquet.read_table(path)
        names, records = list(table.column_names), table.to_pylist()
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise UsageError(f"{path}: not a Parquet file ({str(error).splitlines()[0]})") from None
    rows = [
        (number, {key: "" if value is None else str(value) for key, value in row.items()})
        for number, row in enumerate(records, 1)
    ]
    return names, rows


def demand_kind(path: Path) -> None:
    """Refuse a file name without the suffix of a table.

    Raises:
        UsageError: it is not.
    """
    if path.suffix not in _KINDS:
        raise UsageError(f"{path}: must end with {' or '.join(_KINDS)}")


def write_rows(
    path: Path,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Cell]],
    numbers: Sequence[str] = (),
) -> None:
    """Write a table, whole or not at all; `numbers` are the columns of floats in Parquet.

    Raises:
        UsageError: another ending.
        OutputError: it cannot be written.
        MissingExtraError: Parquet without the extra `tables`.
    """
    demand_kind(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be made ({error.strerror})") from None
    if path.suffix == ".parquet":
        _write_parquet(path, columns, rows, numbers)
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with atomic(path) as partial:
        partial.write_text(text.getvalue(), encoding="utf-8", newline="")


def _write_parquet(
    path: Path,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Cell]],
    numbers: Sequence[str],
) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "tables") from None
    kinds = {True: pyarrow.float64(), False: pyarrow.string()}
    schema = pyarrow.schema([(name, kinds[name in numbers]) for name in columns])
    with atomic(path) as partial:
        parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema), partial)

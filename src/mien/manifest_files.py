"""Rows of a table in CSV or Parquet, without a word about what they mean."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from mien.atomic import atomic
from mien.errors import MissingExtraError, OutputError, UsageError

__all__ = ["Cell", "demand_kind", "read_rows", "write_rows"]

_KINDS = (".csv", ".parquet")

Row = tuple[int, dict[str, str]]
Cell = str | float | None


def read_rows(path: Path, needed: Sequence[str], known: Sequence[str]) -> list[Row]:
    """Rows with their line in the file (CSV) or their number from 1 (Parquet); all cells as text.

    Args:
        path: the table.
        needed: columns that must be there.
        known: columns that a table has, for the message where one is missing.

    Raises:
        UsageError: not a table, a needed column missing, a column twice, a row too short or long.
        MissingExtraError: Parquet without the extra `tables`.
    """
    names, rows = (_parquet if path.suffix == ".parquet" else _csv)(path)
    missing = [name for name in needed if name not in names]
    if missing:
        text = f"no column {', '.join(missing)}; a manifest has {', '.join(known)}"
        raise UsageError(f"{path}: {text}")
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise UsageError(f"{path}: the column '{twice[0]}' stands there twice")
    return rows


def _csv(path: Path) -> tuple[list[str], list[Row]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            names, rows = next(reader, []), []
            for cells in reader:
                if not cells:  # an empty line
                    continue
                if len(cells) != len(names):
                    text = f"{len(cells)} cells for {len(names)} columns"
                    raise UsageError(f"{path}: line {reader.line_num}: {text}")
                rows.append((reader.line_num, dict(zip(names, cells, strict=True))))
            return names, rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: not a table in CSV (UTF-8): {error}") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None


def _parquet(path: Path) -> tuple[list[str], list[Row]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "tables") from None
    try:
        table = parquet.read_table(path)
        names, found = list(table.column_names), table.to_pylist()
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise UsageError(f"{path}: not a Parquet file ({str(error).splitlines()[0]})") from None
    rows = [
        (number, {key: "" if value is None else str(value) for key, value in row.items()})
        for number, row in enumerate(found, 1)
    ]
    return names, rows


def demand_kind(path: Path) -> None:
    """Refuse a name that is of no kind of table.

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

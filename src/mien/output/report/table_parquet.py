"""The timeline as Parquet; needs the extra `tables`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.core.atomic import atomic
from mien.errors import MissingExtraError
from mien.output.report.table import columns, rows
from mien.types import Prediction

if TYPE_CHECKING:
    import pyarrow

__all__ = ["need_parquet", "table_of", "write_parquet"]


def need_parquet() -> None:
    """Raise `MissingExtraError` unless pyarrow is installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise MissingExtraError("pyarrow", "tables") from None


def write_parquet(p: Prediction, path: Path) -> None:
    """Write the table of `write_csv`; null where something was absent.

    Raises:
        MissingExtraError: pyarrow is not installed.
        OutputError: the file cannot be written.
    """
    table = table_of(p)
    from pyarrow import parquet

    with atomic(path) as part:
        parquet.write_table(table, part)


def table_of(p: Prediction) -> pyarrow.Table:
    """The timeline as a table of Arrow.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    need_parquet()
    import pyarrow

    names, table_rows = columns(p), list(rows(p))
    number, text, truth = pyarrow.float64(), pyarrow.string(), pyarrow.bool_()
    types = [number, number, text, *[number] * (len(names) - 5), truth, text]
    values = zip(*table_rows, strict=True) if table_rows else [()] * len(names)
    return pyarrow.table(
        {
            name: pyarrow.array(column, kind)
            for name, column, kind in zip(names, values, types, strict=True)
        }
    )

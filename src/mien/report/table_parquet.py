"""The timeline as Parquet; needs the extra `tables`."""

from __future__ import annotations

from pathlib import Path

from mien.atomic import atomic
from mien.errors import MissingExtraError
from mien.report.table import columns, rows
from mien.types import Prediction

__all__ = ["need_parquet", "write_parquet"]


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
    need_parquet()
    import pyarrow
    from pyarrow import parquet

    text, number = pyarrow.string(), pyarrow.float64()
    names, given = columns(p), list(rows(p))
    values = zip(*given, strict=True) if given else [()] * len(names)
    table = pyarrow.table(
        {
            name: pyarrow.array(column, text if name == "label" else number)
            for name, column in zip(names, values, strict=True)
        }
    )
    with atomic(path) as part:
        parquet.write_table(table, part)

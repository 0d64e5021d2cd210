"""The timeline as CSV."""

from __future__ import annotations

import csv
from pathlib import Path

from mien.core.atomic import atomic
from mien.output.report.table import columns, rows
from mien.types import Prediction

__all__ = ["write_csv"]


def write_csv(p: Prediction, path: Path) -> None:
    """Write a row for each window (RFC 4180, UTF-8); a cell is empty where something was absent.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns(p))
        for row in rows(p):
            writer.writerow(str(cell).lower() if isinstance(cell, bool) else cell for cell in row)

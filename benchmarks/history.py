"""A table of the main figures by commit, so that a slow-down shows."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Mapping
from pathlib import Path

__all__ = ["append", "commit"]


def commit() -> str:
    """The short hash of what is checked out, with a + if something is changed; "" outside git."""
    asked = ["git", "describe", "--always", "--dirty=+"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def append(path: Path, row: Mapping[str, object]) -> None:
    """Add a row; columns that are new are added to the table."""
    rows: list[dict[str, object]] = []
    if path.exists():
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
    rows.append(dict(row))
    columns = list(dict.fromkeys(name for one in rows for name in one))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

"""A table of clips: a row for each file."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from mien.core.atomic import atomic
from mien.core.published import readable
from mien.errors import OutputError, UsageError
from mien.output.report.table_parquet import need_parquet
from mien.types import Prediction

__all__ = ["check_table", "clip_row", "failed_row", "write_clips"]

Cell = bool | int | float | str | None
Row = Mapping[str, Cell]

_KINDS = (".csv", ".parquet")
_HEAD = ("path", "label", "confidence", "reliable", "reasons", "seconds", "people")
_USUAL = ("face", "voice")
_COUNTS = ("people",)
_TRUTHS = ("reliable",)
_NUMBERS = ("confidence", "seconds", "relative_probability")


def check_table(path: Path) -> None:
    """See that a table can be written, before hours of work.

    Raises:
        UsageError: its name ends with neither .csv nor .parquet.
        MissingExtraError: Parquet without the extra `tables`.
        OutputError: its folder cannot be written.
    """
    if path.suffix.lower() not in _KINDS:
        raise UsageError(f"--table {path}: must end with {' or '.join(_KINDS)}")
    if path.suffix.lower() == ".parquet":
        need_parquet()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OutputError(f"--table {path}: cannot be written ({error.strerror})") from None


def clip_row(p: Prediction) -> dict[str, Cell]:
    """An answer as a row; reasons are codes with a space between them.

    Each branch has its label alone, and the seconds that it went by: of the face in view, or of
    speech. `reliable` is empty where there is no label.
    """
    row: dict[str, Cell] = {
        "path": readable(str(p.source["path"])),
        "label": p.label,
        "confidence": None if p.confidence is None else round(float(p.confidence), 6),
        "reliable": None if p.label is None else p.reliable,
        "reasons": " ".join(dict.fromkeys(reason.code for reason in p.reasons)),
        "seconds": round(float(p.source["duration"]), 4),
        "people": len(p.people),
    }
    for branch, say in p.branches.items():
        probabilities = say.probabilities
        row[f"{branch}_label"] = (
            None if not probabilities else max(probabilities, key=lambda name: probabilities[name])
        )
    for branch, say in p.branches.items():
        row[f"{branch}_seconds"] = None if say.seconds is None else round(say.seconds, 4)
    if p.relative is not None:
        values = p.relative.probabilities
        row["relative_label"] = p.relative.label
        row["relative_probability"] = None if values is None else round(max(values.values()), 6)
        row["baseline"] = readable(p.relative.baseline)
    return row


def failed_row(path: Path, error: str) -> dict[str, Cell]:
    """The row of a file that has no answer."""
    return {"path": readable(str(path)), "error": error}


def write_clips(rows: Sequence[Row], path: Path) -> None:
    """Write a table of clips, .csv or .parquet, whole or not at all; `error` is the last column.

    Raises:
        OutputError: it cannot be written.
    """
    every = dict.fromkeys([*_HEAD, *(name for row in rows for name in row)])
    names = [name for name in every if name != "error"]
    if len(names) == len(_HEAD):  # no file had an answer
        names += [f"{branch}_{kind}" for kind in ("label", "seconds") for branch in _USUAL]
    names.append("error")
    if path.suffix.lower() == ".parquet":
        _write_parquet(rows, names, path)
        return
    with atomic(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows([_text(row.get(name)) for name in names] for row in rows)


def _text(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else cell


def _write_parquet(rows: Sequence[Row], names: Sequence[str], path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    def kind(name: str) -> pyarrow.DataType:
        if name in _COUNTS:
            return pyarrow.int32()
        if name in _TRUTHS:
            return pyarrow.bool_()
        number = name in _NUMBERS or name.endswith("_seconds")
        return pyarrow.float64() if number else pyarrow.string()

    schema = pyarrow.schema([(name, kind(name)) for name in names])
    with atomic(path) as part:
        parquet.write_table(pyarrow.Table.from_pylist([dict(row) for row in rows], schema), part)

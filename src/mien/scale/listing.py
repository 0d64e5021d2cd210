"""The inputs to analyse, one at a time: the whole list is never in memory."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from mien.core.inputs import SUFFIXES
from mien.core.walk import identity
from mien.data.manifest_files import delimiter_of
from mien.errors import UsageError
from mien.scale.storage import is_local, local, open_filesystem, reader

__all__ = ["Entry", "entries"]

_TABLES = (".csv", ".parquet")
_NAMES = ("address", "path")
_BATCH = 1024  # rows of a table at a time


@dataclass(frozen=True, slots=True)
class Entry:
    """One input.

    Args:
        address: a path or an address with a scheme; what results are joined on.
        size: bytes; -1 where the listing does not say.
        modified: when it changed last, as its file system or store writes it; "" where unknown.
    """

    address: str
    size: int = -1
    modified: str = ""


def entries(corpus: Iterable[str]) -> Iterator[Entry]:
    """Everything that some folders, files, tables and addresses name, in no special order.

    A table (.csv or .parquet) has a column `path` or `address`, and may have `size` and
    `modified`. Relative paths start from the table's folder.

    Raises:
        UsageError: not there, or a table without such a column or with stretches of files.
    """
    for address in corpus:
        listing = _listing(address)
        first = next(listing, None)
        if first is None:
            raise UsageError(f"{address}: holds nothing to analyse")
        yield first
        yield from listing


def _listing(address: str) -> Iterator[Entry]:
    if PurePosixPath(address).suffix.lower() in _TABLES:
        return _table(address)
    if is_local(address):
        path = local(address).absolute()
        return _folder(path) if path.is_dir() else iter([_local(str(path))])
    return _remote(address)


def _folder(root: Path, entered: set[object] | None = None) -> Iterator[Entry]:
    """The files of a folder, to all depths; a folder that links lead to again is entered once."""
    entered = set() if entered is None else entered
    if identity(root) in entered:
        return
    entered.add(identity(root))
    with os.scandir(root) as scan:
        for item in scan:
            if item.name.startswith("."):
                continue
            if item.is_dir():
                yield from _folder(Path(item.path), entered)
            elif item.is_file() and Path(item.name).suffix.lower() in SUFFIXES:
                yield _local(item.path)


def _local(path: str) -> Entry:
    """An entry for a local file; a missing one is kept, so that its failure is reported."""
    try:
        stat = Path(path).stat()
    except (OSError, ValueError):
        return Entry(path)
    return Entry(path, stat.st_size, str(stat.st_mtime_ns))


def _remote(address: str) -> Iterator[Entry]:
    system, path = open_filesystem(address)
    try:
        info = system.info(path)
    except FileNotFoundError:
        raise UsageError(f"{address}: nothing is there") from None
    if info["type"] == "file" and PurePosixPath(path).suffix.lower() in SUFFIXES:
        yield _entry(system, info)
        return
    for _, _, files in system.walk(path, detail=True):
        for info in files.values():
            if PurePosixPath(info["name"]).suffix.lower() in SUFFIXES:
                yield _entry(system, info)


def _entry(system: Any, info: dict[str, Any]) -> Entry:
    marks = ("ETag", "LastModified", "last_modified", "mtime", "updated", "etag")
    modified = next((str(info[name]) for name in marks if info.get(name)), "")
    size = info.get("size")
    address = str(system.unstrip_protocol(info["name"]))
    return Entry(address, -1 if size is None else int(size), modified)


def _table(address: str) -> Iterator[Entry]:
    rows = _parquet(address) if address.lower().endswith(".parquet") else _csv(address)
    folder = address.rpartition("/")[0] if not is_local(address) else ""
    root = local(address).absolute().parent
    for row in rows:
        location = next((str(row[name]) for name in _NAMES if row.get(name)), "")
        if not location:
            raise UsageError(f"{address}: a row has neither 'path' nor 'address'")
        if row.get("start") not in (None, "") or row.get("end") not in (None, ""):
            raise UsageError(
                f"{address}: names stretches of files ('start', 'end'); whole files are analysed, "
                "so leave the columns empty or cut the files"
            )
        yield _from_table(location, folder, root, row)


def _from_table(location: str, folder: str, root: Path, row: dict[str, Any]) -> Entry:
    if is_local(location) and not folder:
        location = str(root / local(location))
    elif is_local(location):
        location = f"{folder}/{location}"
    if row.get("size") not in (None, ""):
        return Entry(location, int(row["size"]), str(row.get("modified") or ""))
    return (
        _local(location)
        if is_local(location)
        else Entry(location, -1, str(row.get("modified") or ""))
    )


def _parquet(address: str) -> Iterator[dict[str, Any]]:
    import pyarrow
    from pyarrow import parquet

    with reader(address) as stream:
        try:
            file = parquet.ParquetFile(stream)
            wanted = (*_NAMES, "size", "modified", "start", "end")
            names = [name for name in file.schema_arrow.names if name in wanted]
            _check_columns(address, names)
            for batch in file.iter_batches(_BATCH, columns=names):
                yield from batch.to_pylist()
        except pyarrow.ArrowException as error:
            text = str(error).splitlines()[0]
            raise UsageError(f"{address}: not a Parquet file ({text})") from None


def _csv(address: str) -> Iterator[dict[str, Any]]:
    with reader(address) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        try:
            header = text.readline()
            delimiter = delimiter_of(header, _NAMES)
            rows = csv.DictReader(chain([header], text), strict=True, delimiter=delimiter)
            _check_columns(address, list(rows.fieldnames or ()))
            yield from rows
        except (csv.Error, UnicodeDecodeError) as error:
            raise UsageError(f"{address}: not a table in CSV (UTF-8): {error}") from None


def _check_columns(address: str, names: list[str]) -> None:
    if not set(names) & set(_NAMES):
        raise UsageError(f"{address}: no column 'path' or 'address'; a listing needs one of them")

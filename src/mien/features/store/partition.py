"""The folder of one extractor with one set of settings.

A clip's row is first a file of its own, renamed into place when whole; such files are joined into
large parts, which are quick to read. Pictures are read clip by clip and only when they are looked
at (`unread`), since those of all clips do not fit into memory. A process that is killed at any
moment leaves whole files only, and at worst one row twice, which the next `tidy` removes.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mien.core.atomic import atomic
from mien.errors import OutputError, UsageError
from mien.features.extractors.extractor import Settings
from mien.features.store.lock import locked
from mien.features.store.stored_pictures import Compressed, Recent
from mien.features.store.table import FORMAT, Row, features_of, schema, table_of, unread
from mien.types import Features

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

__all__ = ["FeaturePartition"]

_GROUP = {"vectors": 64, "pictures": 1}  # rows of a row group: what is read for one clip
_OPEN = 32  # parts
_PART = 512  # rows of a part, at most
_PART_BYTES = 96 * 2**20
_OLD = 3600  # s after which a file that was never finished is nobody's work any more

_Place = tuple[Path, int, int]  # part, row group, row in it
Value = TypeVar("Value")


class FeaturePartition:
    """Rows by key.

    Args:
        root: folder of the store.
        name, kind, settings: of the extractor.
    """

    def __init__(self, root: Path, name: str, kind: str, settings: Settings) -> None:
        self.name, self.kind, self.settings = name, kind, dict(settings)
        self._what = json.dumps([FORMAT, name, self.settings], sort_keys=True)
        digest = hashlib.sha256(self._what.encode()).hexdigest()
        self.folder = root / f"{name}-{digest[:12]}"
        self._new = self.folder / "new"
        self._parts: dict[Path, list[tuple[str, _Place]]] = {}
        self._places: dict[str, _Place] = {}
        self._recent = Recent()

    def key(self, media: str, start: float | None, end: float | None) -> str:
        """SHA-256 of all that the values depend on."""
        return hashlib.sha256(json.dumps([self._what, media, start, end]).encode()).hexdigest()

    def missing(self, keys: Iterable[str]) -> set[str]:
        """Those that have no row."""
        self._index()
        return {k for k in keys if k not in self._places and not self._file(k).is_file()}

    def put(self, row: Row) -> None:
        """Keep a row; it is on disk when this returns.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            self._new.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self._new}: cannot be written ({error.strerror}); choose another --store"
            ) from None
        about = self.folder / "extractor.json"
        if not about.is_file():
            content = {"format": FORMAT, "name": self.name, "settings": self.settings}
            with atomic(about) as partial:
                partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        self._write(self._file(row.key), table_of(row, self.kind))

    def read(self, keys: Sequence[str]) -> dict[str, Features]:
        """The features of the keys that have a row."""
        return self._retried(lambda: self._read(keys))

    def unread(self, keys: Sequence[str]) -> dict[str, Features]:
        """The same of pictures, which stay in their files until they are looked at."""
        return self._retried(lambda: self._unread(keys))

    def _unread(self, keys: Sequence[str]) -> dict[str, Features]:
        names = [field.name for field in schema(self.kind) if field.name not in ("key", "values")]
        parts: dict[Path, list[tuple[str, int]]] = {}
        result: dict[str, Features] = {}
        for key in dict.fromkeys(keys):
            if key in self._places:
                part, group, row = self._places[key]
                parts.setdefault(part, []).append((key, _first_rows(part)[group] + row))
            elif self._file(key).is_file():
                table = _table(self._file(key)).select(names)
                result[key] = unread(table, [partial(self._compressed, key)])[0]
        for part, wanted in parts.items():
            table = _opened(part).read(columns=names).take([row for _, row in wanted])
            readers = [partial(self._compressed, key) for key, _ in wanted]
            found = unread(table, readers)
            result.update(zip((key for key, _ in wanted), found, strict=True))
        return result

    def _compressed(self, key: str) -> Compressed:
        return self._recent.get(key, lambda: self._values_again(key))

    def _values_again(self, key: str) -> tuple[Compressed, int]:
        try:
            return self._values(key)
        except FileNotFoundError:
            pass
        try:
            return self._retried(lambda: self._values(key))
        except FileNotFoundError:
            raise UsageError(
                f"{self.folder}: pictures of a clip are gone while they are in use; run again"
            ) from None

    def _values(self, key: str) -> tuple[Compressed, int]:
        """The compressed pictures of a clip, and their bytes; of no other clip anything stays."""
        if key in self._places:
            part, group, row = self._places[key]
            table = _opened(part).read_row_group(group, columns=["values"])
            table = table if len(table) == 1 else table.take([row])
        else:
            table = _table(self._file(key))
        values = table["values"].combine_chunks().flatten()
        return [values[k].as_buffer() for k in range(len(values))], values.nbytes

    def _retried(self, read: Callable[[], Value]) -> Value:
        """Read, and again where another process has just joined rows into a part."""
        for _ in range(2):
            self._index()
            try:
                return read()
            except FileNotFoundError:
                continue
        self._index()
        return read()

    def tidy(self, least: int = 1) -> None:
        """Join rows of their own into parts, once there are `least` of them.

        Where another run is doing so at this moment, it is left to that one.
        """
        if not self._new.is_dir():
            return
        waiting = sorted(self._new.glob("*.parquet"))
        if len(waiting) < least and sum(map(_size, waiting)) < _PART_BYTES:
            return
        with locked(self.folder / ".lock") as mine:
            if mine:
                self._join()

    def _join(self) -> None:
        self._index()
        for file in self.folder.rglob("*.part"):  # of a process that was killed
            with suppress(FileNotFoundError):  # or of one that has just finished it
                if file.stat().st_mtime < time.time() - _OLD:
                    file.unlink()
        for files in self._batches():
            kept = [(f, t) for f in files if (t := self._whole(f)) is not None]
            if kept:
                self._write_part([table for _, table in kept])
            for file in files:
                file.unlink(missing_ok=True)

    def _batches(self) -> Iterator[list[Path]]:
        """New files in groups for a part each; the ones that are in a part already go."""
        batch: list[Path] = []
        size = 0
        for file in sorted(self._new.glob("*.parquet")):
            if file.stem in self._places:
                file.unlink(missing_ok=True)
                continue
            batch.append(file)
            size += _size(file)
            if len(batch) == _PART or size > _PART_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _whole(self, file: Path) -> pyarrow.Table | None:
        """A row's table; None where a crash of the machine has left a damaged file."""
        import pyarrow

        try:
            return _table(file)
        except pyarrow.ArrowInvalid:
            return None

    def _write_part(self, tables: list[pyarrow.Table]) -> None:
        import pyarrow

        table = pyarrow.concat_tables(tables)
        digest = hashlib.sha256("".join(table["key"].to_pylist()).encode()).hexdigest()
        self._write(self.folder / f"part-{digest[:16]}.parquet", table)

    def _write(self, path: Path, table: pyarrow.Table) -> None:
        from pyarrow import parquet

        with atomic(path) as partial:
            parquet.write_table(
                table,
                partial,
                row_group_size=_GROUP[self.kind],
                # Faces are compressed already; numbers shrink little, and reading them is what
                # trainings wait for.
                compression="zstd" if self.kind == "vectors" else "none",
                use_dictionary=False,
                write_statistics=["key", "media"],
            )

    def _file(self, key: str) -> Path:
        return self._new / f"{key}.parquet"

    def _index(self) -> None:
        """Know the keys of all parts; reads the key column of parts not seen before."""
        here = set(self.folder.glob("part-*.parquet"))
        if here == set(self._parts):
            return
        self._parts = {p: self._parts.get(p) or list(_keys(p)) for p in sorted(here)}
        self._places = {key: place for rows in self._parts.values() for key, place in rows}

    def _read(self, keys: Sequence[str]) -> dict[str, Features]:
        groups: dict[tuple[Path, int], list[tuple[str, int]]] = {}
        result: dict[str, Features] = {}
        for key in dict.fromkeys(keys):
            if key in self._places:
                part, group, row = self._places[key]
                groups.setdefault((part, group), []).append((key, row))
            elif self._file(key).is_file():
                result[key] = features_of(_table(self._file(key)), self.kind)[0]
        for (part, group), wanted in groups.items():
            table = _table(part, group).take([row for _, row in wanted])
            found = features_of(table, self.kind)
            result.update(zip((key for key, _ in wanted), found, strict=True))
        return result


def _keys(part: Path) -> Iterator[tuple[str, _Place]]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(part) as file:
            keys = iter(file.read(columns=["key"])["key"].to_pylist())
            for group in range(file.num_row_groups):
                for row in range(file.metadata.row_group(group).num_rows):
                    yield next(keys), (part, group, row)
    except pyarrow.ArrowInvalid as error:
        first = str(error).splitlines()[0]
        raise OutputError(
            f"{part}: damaged ({first}); delete this file, and 'mien features' makes it again"
        ) from None


def _table(path: Path, group: int = 0) -> pyarrow.Table:
    from pyarrow import parquet

    with parquet.ParquetFile(path, memory_map=True) as file:
        return file.read_row_group(group)


@lru_cache(maxsize=_OPEN)
def _opened(part: Path) -> parquet.ParquetFile:
    """A part, mapped into memory; its content never changes."""
    from pyarrow import parquet

    return parquet.ParquetFile(part, memory_map=True)


@lru_cache(maxsize=1024)
def _first_rows(part: Path) -> list[int]:
    """The number of the first row of each row group."""
    about = _opened(part).metadata
    counts = [about.row_group(group).num_rows for group in range(about.num_row_groups)]
    return list(accumulate(counts, initial=0))


def _size(file: Path) -> int:
    """Bytes; none where another run has just joined the file into a part."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0

"""Writes results into the data set, each content once, a part at a time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mien.scale.dataset import FAILURES, MANIFEST, Dataset
from mien.scale.input_index import InputIndex
from mien.scale.listing import Entry

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Writer"]

_ROWS = 100_000  # of all tables, about 25 MB
_INPUTS = 10_000
_TABLES = 64  # a table of a few rows takes a hundred times its content


class Writer:
    """The only writer of a run, so that no content can have its rows twice.

    Args:
        dataset: where to.
        index: of the inputs; updated with what is written.
        every: s between two parts; what a killed run loses at most.
    """

    def __init__(self, dataset: Dataset, index: InputIndex, every: float) -> None:
        self._dataset, self._index, self._period = dataset, index, every
        self._last_flush = time.monotonic()
        self._empty()

    def add(self, entry: Entry, media: str, rows: Mapping[str, pyarrow.Table]) -> None:
        """Add the rows of an input; of content that has rows already, only its name."""
        new = media not in self._media and not self._index.has(media)
        self.link(entry, media)
        if not new:
            return
        self._media.add(media)
        for table, table_rows in rows.items():
            pending = self._tables.setdefault(table, [])
            pending.append(table_rows)
            self._rows += len(table_rows)
            if len(pending) == _TABLES:
                self._tables[table] = [_combined(pending)]

    def link(self, entry: Entry, media: str) -> None:
        """Add an input whose content has its rows, or is about to get them."""
        self._inputs.append((entry, media))

    def fail(self, entry: Entry, reason: str, tries: int) -> None:
        """Add an input that was given up."""
        self._failures.append((entry, reason, tries))

    def tick(self) -> None:
        """Write a part if it is time for one."""
        full = self._rows >= _ROWS or len(self._inputs) >= _INPUTS
        if full or time.monotonic() - self._last_flush >= self._period:
            self.flush()

    def flush(self) -> None:
        """Write all that there is."""
        if self._inputs or self._failures:
            tables = _inputs(self._inputs), _failures(self._failures)
            self._dataset.commit({**self._tables, MANIFEST: [tables[0]], FAILURES: [tables[1]]})
            self._index.finish(self._media)
            self._empty()
        for entry, media in self._index.pop_settled_duplicates():
            self.link(entry, media)
        self._last_flush = time.monotonic()

    def close(self) -> None:
        """Write all that there is, then the duplicates of it."""
        self.flush()
        self.flush()

    def _empty(self) -> None:
        self._tables: dict[str, list[pyarrow.Table]] = {}
        self._inputs: list[tuple[Entry, str]] = []
        self._failures: list[tuple[Entry, str, int]] = []
        self._media: set[str] = set()
        self._rows = 0


def _combined(tables: list[pyarrow.Table]) -> pyarrow.Table:
    import pyarrow

    return pyarrow.concat_tables(tables).combine_chunks()


def _inputs(settled: list[tuple[Entry, str]]) -> pyarrow.Table:
    return _named([entry for entry, _ in settled], {"media": [media for _, media in settled]})


def _failures(failures: list[tuple[Entry, str, int]]) -> pyarrow.Table:
    return _named(
        [entry for entry, _, _ in failures],
        {
            "media": [None] * len(failures),
            "reason": [reason for _, reason, _ in failures],
            "tries": [tries for _, _, tries in failures],
        },
    )


def _named(
    entries: list[Entry], more: Mapping[str, list[str] | list[int] | list[None]]
) -> pyarrow.Table:
    import pyarrow

    columns = {
        "address": [entry.address for entry in entries],
        "size": [entry.size for entry in entries],
        "modified": [entry.modified for entry in entries],
        **more,
    }
    numbers = ("size", "tries")
    return pyarrow.table(
        {
            name: pyarrow.array(values, pyarrow.int64() if name in numbers else pyarrow.string())
            for name, values in columns.items()
        }
    )

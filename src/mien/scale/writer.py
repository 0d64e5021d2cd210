"""Results on their way into the data set: each content once, a part now and then."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mien.scale.dataset import FAILURES, MANIFEST, Dataset
from mien.scale.ledger import Ledger
from mien.scale.listing import Entry

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Writer"]

_ROWS = 100_000  # of all tables, about 25 MB
_INPUTS = 10_000
_TABLES = 64  # a table of a few rows takes a hundred times its content


class Writer:
    """The only one who writes, so that no content can have its rows twice.

    Args:
        dataset: where to.
        ledger: told of what is written.
        every: s between two parts; what a killed run loses at most.
    """

    def __init__(self, dataset: Dataset, ledger: Ledger, every: float) -> None:
        self._dataset, self._ledger, self._every = dataset, ledger, every
        self._last = time.monotonic()
        self._empty()

    def add(self, entry: Entry, media: str, rows: Mapping[str, pyarrow.Table]) -> None:
        """The answer for an input; of content that has its rows already, only the name counts."""
        new = media not in self._media and not self._ledger.has(media)
        self.link(entry, media)
        if not new:
            return
        self._media.add(media)
        for table, found in rows.items():
            held = self._tables.setdefault(table, [])
            held.append(found)
            self._rows += len(found)
            if len(held) == _TABLES:
                self._tables[table] = [_one(held)]

    def link(self, entry: Entry, media: str) -> None:
        """An input whose content has its rows, or is just getting them."""
        self._inputs.append((entry, media))

    def fail(self, entry: Entry, reason: str, tries: int) -> None:
        """An input that was given up."""
        self._failures.append((entry, reason, tries))

    def tick(self) -> None:
        """Write a part if it is time for one."""
        full = self._rows >= _ROWS or len(self._inputs) >= _INPUTS
        if full or time.monotonic() - self._last >= self._every:
            self.flush()

    def flush(self) -> None:
        """Write all that there is."""
        if self._inputs or self._failures:
            made = _inputs(self._inputs), _failures(self._failures)
            self._dataset.commit({**self._tables, MANIFEST: [made[0]], FAILURES: [made[1]]})
            self._ledger.finish(self._media)
            self._empty()
        for entry, media in self._ledger.settled_twins():
            self.link(entry, media)
        self._last = time.monotonic()

    def close(self) -> None:
        """Write all that there is, and the copies of it."""
        self.flush()
        self.flush()

    def _empty(self) -> None:
        self._tables: dict[str, list[pyarrow.Table]] = {}
        self._inputs: list[tuple[Entry, str]] = []
        self._failures: list[tuple[Entry, str, int]] = []
        self._media: set[str] = set()
        self._rows = 0


def _one(tables: list[pyarrow.Table]) -> pyarrow.Table:
    import pyarrow

    return pyarrow.concat_tables(tables).combine_chunks()


def _inputs(found: list[tuple[Entry, str]]) -> pyarrow.Table:
    return _named([entry for entry, _ in found], {"media": [media for _, media in found]})


def _failures(found: list[tuple[Entry, str, int]]) -> pyarrow.Table:
    return _named(
        [entry for entry, _, _ in found],
        {
            "media": [None] * len(found),
            "reason": [reason for _, reason, _ in found],
            "tries": [tries for _, _, tries in found],
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

"""What is known of the inputs of a run, on disk, so that memory does not grow with the corpus."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator

from mien.scale.listing import Entry

__all__ = ["Ledger"]

_TABLES = """
pragma synchronous = off;
create table seen (key blob primary key) without rowid;
create table done (media blob primary key) without rowid;
create table twins (address text, size integer, modified text, media blob);
create index twins_media on twins (media);
"""


class Ledger:
    """Inputs that were taken, media that are done, and copies that wait for their original.

    It is a temporary database of the driver's and ends with it; what lasts is the data set's
    manifest, from which it is filled.
    """

    def __init__(self) -> None:
        self._base = sqlite3.connect("", check_same_thread=False)  # a temporary file
        self._base.executescript(_TABLES)

    def remember(self, entries: Iterable[Entry]) -> None:
        """Inputs that an earlier run has settled."""
        rows = ((_key(entry),) for entry in entries)
        self._base.executemany("insert or ignore into seen values (?)", rows)

    def take(self, entry: Entry) -> bool:
        """Whether an input is new; from now on it is not."""
        found = self._base.execute("insert or ignore into seen values (?)", (_key(entry),))
        return found.rowcount == 1

    def finish(self, media: Iterable[str]) -> None:
        """Content (SHA-256) whose rows are in the data set."""
        rows = ((bytes.fromhex(one),) for one in media)
        self._base.executemany("insert or ignore into done values (?)", rows)

    def has(self, media: str) -> bool:
        """Whether there are rows for this content."""
        query = "select 1 from done where media = ?"
        return self._base.execute(query, (bytes.fromhex(media),)).fetchone() is not None

    def wait(self, entry: Entry, media: str) -> None:
        """A copy of content that is in work under another address."""
        row = (entry.address, entry.size, entry.modified, bytes.fromhex(media))
        self._base.execute("insert into twins values (?, ?, ?, ?)", row)

    def settled_twins(self) -> Iterator[tuple[Entry, str]]:
        """Copies whose original is done; each once."""
        query = "delete from twins where media in (select media from done) returning *"
        yield from map(_twin, self._base.execute(query).fetchall())

    def stranded_twin(self) -> tuple[Entry, str] | None:
        """A copy whose original is not done; once."""
        query = "delete from twins where rowid = (select min(rowid) from twins) returning *"
        row = self._base.execute(query).fetchone()
        return None if row is None else _twin(row)


def _key(entry: Entry) -> bytes:
    text = f"{entry.address}\0{entry.size}\0{entry.modified}"
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _twin(row: tuple[str, int, str, bytes]) -> tuple[Entry, str]:
    return Entry(*row[:3]), row[3].hex()

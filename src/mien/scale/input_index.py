"""The inputs of a run that are known, on disk, so that memory does not grow with the corpus."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator

from mien.scale.listing import Entry

__all__ = ["InputIndex"]

_TABLES = """
pragma synchronous = off;
create table seen (key blob primary key) without rowid;
create table done (media blob primary key) without rowid;
create table twins (address text, size integer, modified text, media blob);
create index twins_media on twins (media);
"""


class InputIndex:
    """Inputs that were seen, contents that are done, and duplicates that wait for their original.

    It is a temporary database of the driver's and ends with it; what lasts is the data set's
    manifest, from which it is filled.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False)  # a temporary file
        self._database.executescript(_TABLES)

    def add_settled(self, entries: Iterable[Entry]) -> None:
        """Add inputs that an earlier run has settled."""
        rows = ((_key(entry),) for entry in entries)
        self._database.executemany("insert or ignore into seen values (?)", rows)

    def add(self, entry: Entry) -> bool:
        """Add an input; whether it is new."""
        inserted = self._database.execute("insert or ignore into seen values (?)", (_key(entry),))
        return inserted.rowcount == 1

    def finish(self, media: Iterable[str]) -> None:
        """Mark contents (SHA-256) whose rows are in the data set."""
        rows = ((bytes.fromhex(digest),) for digest in media)
        self._database.executemany("insert or ignore into done values (?)", rows)

    def has(self, media: str) -> bool:
        """Whether there are rows for this content."""
        query = "select 1 from done where media = ?"
        return self._database.execute(query, (bytes.fromhex(media),)).fetchone() is not None

    def add_duplicate(self, entry: Entry, media: str) -> None:
        """Add a duplicate of content that is in work under another address."""
        row = (entry.address, entry.size, entry.modified, bytes.fromhex(media))
        self._database.execute("insert into twins values (?, ?, ?, ?)", row)

    def pop_settled_duplicates(self) -> Iterator[tuple[Entry, str]]:
        """Remove and return the duplicates whose original is done."""
        query = "delete from twins where media in (select media from done) returning *"
        yield from map(_duplicate, self._database.execute(query).fetchall())

    def pop_stranded_duplicate(self) -> tuple[Entry, str] | None:
        """Remove and return a duplicate whose original is not done; None without one."""
        query = "delete from twins where rowid = (select min(rowid) from twins) returning *"
        row = self._database.execute(query).fetchone()
        return None if row is None else _duplicate(row)


def _key(entry: Entry) -> bytes:
    text = f"{entry.address}\0{entry.size}\0{entry.modified}"
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _duplicate(row: tuple[str, int, str, bytes]) -> tuple[Entry, str]:
    return Entry(*row[:3]), row[3].hex()

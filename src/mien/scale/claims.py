"""Claims on contents, so that only one of several equal files is analysed."""

from __future__ import annotations

import sqlite3

from mien.scale.dataset import settled

__all__ = ["ClaimRegistry"]


class ClaimRegistry:
    """An actor that the workers ask before they analyse.

    A wrong answer costs time and nothing else: the `Writer` decides what is written. So
    it may be lost and started again, when it reads what is done from the manifest.

    Args:
        out: of the data set.
    """

    def __init__(self, out: str) -> None:
        self._database = sqlite3.connect("")  # a temporary file
        self._database.execute(
            "create table claims (media blob primary key, who text) without rowid"
        )
        for rows in settled(out):
            done = [(bytes.fromhex(media), "") for _, media in rows if media]
            self._database.executemany("insert or ignore into claims values (?, ?)", done)

    def claim(self, media: str, address: str) -> bool:
        """Whether the content with this SHA-256 is for `address` to analyse."""
        key = bytes.fromhex(media)
        self._database.execute("insert or ignore into claims values (?, ?)", (key, address))
        query = "select who from claims where media = ?"
        return bool(self._database.execute(query, (key,)).fetchone()[0] == address)

"""One process at a time; the system lets go of the lock of a process that is killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["locked"]


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the lock file at `path`; gives False at once where another process holds it."""
    with path.open("ab") as stream:
        try:
            _take(stream)
        except OSError:
            yield False
            return
        yield True  # closing the file lets go


if sys.platform == "win32":

    def _take(stream: BinaryIO) -> None:
        import msvcrt

        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:

    def _take(stream: BinaryIO) -> None:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)

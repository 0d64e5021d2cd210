"""One uploaded file on its way to the disk."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from mien.errors import MediaError
from mien.serve.media_type import HEAD, media_type
from mien.serve.problems import Problem

__all__ = ["IncomingFile", "ReceivedFile", "RefusedFile", "check_space", "full_disk"]

_PIECE = 2**20


@dataclass(frozen=True)
class ReceivedFile:
    """A whole file, written through to the disk, under a name for the time being."""

    name: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class RefusedFile:
    """A file that is not taken, and why."""

    name: str
    problem: Problem


class IncomingFile:
    """Collects pieces, looks at the first `HEAD` bytes, writes a megabyte at a time.

    Args:
        name: to show.
        folder: where it is written.
        spare: bytes of the disk that are left free.
    """

    def __init__(self, name: str, folder: Path, spare: int) -> None:
        self.name, self._spare = name, spare
        self._path = folder / f"{secrets.token_hex(16)}.part"
        self._pending = bytearray()
        self._sum, self._size = hashlib.sha256(), 0
        self._problem: Problem | None = None

    async def add(self, data: bytes) -> None:
        """The next piece; what comes of a file that is refused is dropped."""
        if self._problem is not None:
            return
        self._pending += data
        if len(self._pending) >= (_PIECE if self._size else HEAD):
            await self._flush()

    async def end(self) -> ReceivedFile | RefusedFile:
        """That was all of it."""
        if self._problem is None and (self._pending or not self._size):
            await self._flush()
        if self._problem is not None:
            return RefusedFile(self.name, self._problem)
        await to_thread.run_sync(self._sync)
        return ReceivedFile(self.name, self._path, self._size, self._sum.hexdigest())

    def remove(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    async def _flush(self) -> None:
        data, self._pending = bytes(self._pending), bytearray()
        if not self._size:
            try:
                media_type(data[:HEAD])
            except MediaError as error:
                self._problem = Problem(415, "not-media", f"{self.name}: {error}")
                return
        self._size += len(data)
        await to_thread.run_sync(self._write, data)

    def _write(self, data: bytes) -> None:
        check_space(self._path.parent, len(data) + self._spare)
        first = self._size == len(data)
        mode = "xb" if first else "r+b"  # never makes a new file out of the second half of one
        with full_disk(), self._path.open(mode) as stream:
            stream.seek(0, os.SEEK_END)
            stream.write(data)
        self._sum.update(data)

    def _sync(self) -> None:
        with full_disk(), self._path.open("rb") as stream:
            os.fsync(stream.fileno())


def check_space(folder: Path, wanted: int) -> None:
    """Refuse what would fill the disk.

    Raises:
        Problem: 507 when fewer than `wanted` bytes are free.
    """
    if shutil.disk_usage(folder).free < wanted:
        raise _full()


@contextmanager
def full_disk() -> Iterator[None]:
    """Say 507 where the disk or the quota is full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _full() from None
        raise


def _full() -> Problem:
    detail = "the server's disk is full; nothing was accepted; try again later"
    return Problem(507, "disk-full", detail, retry_after=60)

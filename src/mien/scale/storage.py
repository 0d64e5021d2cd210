"""Files by address: on this machine, in an object store or over HTTP, through fsspec."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import fsspec
from fsspec.core import url_to_fs

from mien.core.atomic import atomic
from mien.errors import MediaError, OutputError, UsageError

__all__ = [
    "is_local",
    "join",
    "local",
    "local_copy",
    "open_filesystem",
    "read",
    "reader",
    "remove",
    "write",
]

_BLOCK = 4 * 2**20


def is_local(address: str) -> bool:
    """Whether an address is a path of this machine's file system."""
    return "://" not in address or address.startswith("file://")


def local(address: str) -> Path:
    """The path of a local address."""
    return Path(address.removeprefix("file://"))


def join(address: str, *parts: str) -> str:
    """An address below another one."""
    return "/".join([address.rstrip("/"), *parts])


def open_filesystem(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it.

    Raises:
        UsageError: no such kind of address, or its package is not installed.
    """
    head, sign, _ = address.partition("://")
    try:
        system = _system(head if sign else "file")
        return system, url_to_fs(address)[1] if sign else str(Path(address).absolute())
    except (ImportError, ValueError) as error:
        raise UsageError(f"{address}: {str(error).splitlines()[0]}") from None


@lru_cache(maxsize=16)
def _system(kind: str) -> Any:
    # a list of what was listed would grow with the corpus
    return fsspec.filesystem(kind, use_listings_cache=False)


def read(address: str) -> bytes:
    """All of a small file.

    Raises:
        FileNotFoundError: there is none.
    """
    system, path = open_filesystem(address)
    content = system.cat_file(path)
    assert isinstance(content, bytes)
    return content


def write(address: str, content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    if is_local(address):
        file = local(address)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{file.parent}: cannot be made ({error.strerror})") from None
        with atomic(file) as partial:
            partial.write_bytes(content)
        return
    system, path = open_filesystem(address)
    try:
        system.pipe_file(path, content)
    except Exception as error:  # each store has its own
        raise OutputError(f"{address}: cannot be written ({_line(error)})") from None


def remove(address: str) -> None:
    """Remove a file; none is no error."""
    system, path = open_filesystem(address)
    try:
        system.rm_file(path)
    except FileNotFoundError:
        return


@contextmanager
def local_copy(address: str) -> Iterator[tuple[Path, str]]:
    """A local path with the content of an address, kept within the context, and its SHA-256.

    Raises:
        MediaError: it cannot be read.
    """
    if is_local(address):
        from mien.core.sources import digest

        yield local(address), digest(local(address))
        return
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        copy = Path(folder) / (Path(address).name[-100:] or "media")
        yield copy, _download(address, copy)


def _download(address: str, copy: Path) -> str:
    digest = hashlib.sha256()
    try:
        with reader(address) as source, copy.open("wb") as target:
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
    except MediaError:
        raise
    except Exception as error:  # each store has its own
        free = shutil.disk_usage(copy.parent).free
        hint = "; the disk is full" if free < _BLOCK else ""
        raise MediaError(f"{address}: cannot be read ({_line(error)}{hint})") from None
    return digest.hexdigest()


def reader(address: str) -> BinaryIO:
    """A seekable stream; of a remote file, only what is read is transferred.

    Raises:
        MediaError: it cannot be read.
    """
    system, path = open_filesystem(address)
    try:
        stream: BinaryIO = system.open(path, "rb")
        return stream
    except Exception as error:  # each store has its own
        raise MediaError(f"{address}: cannot be read ({_line(error)})") from None


def _line(error: Exception) -> str:
    """One line of an error of another package."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]

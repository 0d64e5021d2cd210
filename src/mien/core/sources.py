"""The forms of a clip: a path, its bytes, or a file object of the caller."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from contextlib import suppress
from inspect import iscoroutinefunction
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, TypeAlias, cast

from mien.core.inputs import NO_ADDRESS, is_address
from mien.errors import MediaError, UsageError

__all__ = ["Lent", "Source", "digest", "folder_of", "lent", "name_of", "opened"]

Source: TypeAlias = (
    "str | os.PathLike[str] | os.PathLike[bytes] | bytes | bytearray | memoryview"
    " | IO[bytes] | Lent"
)
"""A local file's path, the bytes of one, or a file object opened for reading in binary mode."""

_NAMELESS = "<file>"
_DIRECT = (io.BytesIO, io.BufferedReader, io.BufferedRandom, io.FileIO)
_ADVICE = "give a path, bytes, or a file opened with mode 'rb'"


class Lent(io.BufferedIOBase):
    """A caller's file object: read from its start, left open and at its place when "closed".

    One that cannot be rewound (a pipe, an answer over HTTP), or only slowly (a file in an archive),
    is copied to a temporary file first.

    Args:
        stream: the file object.

    Raises:
        UsageError: it is opened as text, closed, or not to be read.
        MediaError: reading fails.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        name = getattr(stream, "name", None)
        self.name = os.fsdecode(name) if isinstance(name, str | bytes) and name else _NAMELESS
        self._original = self._stream = stream
        self._position: int | None = None
        _check(stream, self.name)
        try:
            self._position = _position(stream)
            if self._position is not None:
                stream.seek(0)
            quick = self._position is not None and isinstance(stream, _DIRECT)
            self._stream = stream if quick else _copied(stream)
        except Exception as error:  # of whatever stands behind the file object
            raise MediaError(f"{self.name}: cannot be read ({error})") from error

    def read(self, size: int | None = -1, /) -> bytes:
        """As of a file."""
        return self._stream.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As of a file."""
        self._stream.seek(offset, whence)  # some file objects do not say where they are then
        return self._stream.tell()

    def tell(self) -> int:
        """As of a file."""
        return self._stream.tell()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Return the caller's file object to its position."""
        if self._stream is not self._original:
            self._stream.close()
        if self._position is not None and not self.closed:
            with suppress(OSError, ValueError):  # it was closed meanwhile
                self._original.seek(self._position)
        super().close()


def lent(source: Source) -> str | bytes | Lent:
    """Normalize a source to one of three forms; `Lent` for a file object.

    Raises:
        UsageError: it is none; see `Lent` for more.
        MediaError: see `Lent`.
    """
    if isinstance(source, bytes | Lent):
        return source
    if isinstance(source, bytearray | memoryview):
        return bytes(source)
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(os.fspath(source))
    if callable(getattr(source, "read", None)):
        return Lent(source)
    raise UsageError(f"source: {type(source).__name__}; {_ADVICE}")


def name_of(source: str | bytes | Lent) -> str:
    """The name of a source in messages and answers."""
    if isinstance(source, bytes):
        return "<bytes>"
    return source if isinstance(source, str) else source.name


def folder_of(name: str) -> dict[str, str]:
    """{"folder": where a relative path starts from}; nothing of what is no path of a file here."""
    path = Path(name)
    relative = not path.is_absolute() and os.path.lexists(path)
    return {"folder": str(Path.cwd())} if relative else {}


def opened(source: Source) -> tuple[BinaryIO, str]:
    """A source as a stream at its start, and its name for messages and answers.

    Raises:
        MediaError: not there, not a regular file, or not readable.
        UsageError: see `lent`.
    """
    normalized = lent(source)
    name = name_of(normalized)
    if isinstance(normalized, bytes):
        return io.BytesIO(normalized), name
    if isinstance(normalized, str):
        return _open(Path(normalized), name), name
    normalized.seek(0)
    return cast("BinaryIO", normalized), name


def _open(path: Path, name: str) -> BinaryIO:
    if not name:
        raise UsageError("source: an empty name; give the path of a file")
    try:
        if path.is_dir():
            shut = not os.access(path, os.R_OK | os.X_OK)
            why = "cannot be read (Permission denied)" if shut else "is a folder, not a file"
            raise MediaError(f"{name}: {why}")
        if not path.exists():
            raise MediaError(f"{name}: {NO_ADDRESS if is_address(name) else 'no such file'}")
        if not path.is_file():  # a pipe would block, a device never end
            raise MediaError(f"{name}: is not a regular file")
        return path.open("rb")
    except OSError as error:
        raise MediaError(f"{name}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise MediaError(f"{name!r}: no such file") from None


def _check(stream: Any, name: str) -> None:
    if iscoroutinefunction(stream.read):
        problem = "has to be awaited; give the file object in it, such as upload.file"
        raise UsageError(f"{name}: {problem}")
    if getattr(stream, "closed", False):
        raise UsageError(f"{name}: is a file object that was closed; {_ADVICE}")
    if isinstance(stream, io.TextIOBase) or getattr(stream, "encoding", None) is not None:
        raise UsageError(f"{name}: is opened as text; {_ADVICE}")
    readable = getattr(stream, "readable", None)
    if readable is not None and not readable():
        raise UsageError(f"{name}: is not opened for reading; {_ADVICE}")


def _position(stream: Any) -> int | None:
    """The position of a file object; None where it cannot be restored."""
    seekable = getattr(stream, "seekable", None)
    if seekable is not None and not seekable():
        return None
    try:
        position = int(stream.tell())
        stream.seek(position)
    except (AttributeError, OSError, ValueError):
        return None
    return position


def _copied(stream: IO[bytes]) -> IO[bytes]:
    copy = TemporaryFile()  # noqa: SIM115 (closed by who asked for it)
    try:
        shutil.copyfileobj(stream, copy)
    except BaseException:
        copy.close()
        raise
    return copy


def digest(source: Source) -> str:
    """SHA-256 of the content, as hexadecimal text."""
    stream, name = opened(source)
    content: Any = stream
    try:
        return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise MediaError(f"{name}: cannot be read ({error.strerror})") from None
    finally:
        if stream is not source:
            stream.close()

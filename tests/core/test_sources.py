from __future__ import annotations

import bz2
import gzip
import io
import os
import threading
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile, SpooledTemporaryFile
from typing import IO, Any

import pytest

import mien
from mien.core.sources import Lent, lent, opened

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "clip.mp4"
    file.write_bytes(CONTENT)
    return file


class OnlyFsPath:
    def __init__(self, path: str | bytes) -> None:
        self._path = path

    def __fspath__(self) -> str | bytes:
        return self._path


class OnlyRead:
    """As an answer over HTTP: no way back, no name."""

    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)


def read_all(source: Any) -> bytes:
    stream, _ = opened(source)
    with stream:
        head = stream.read(10)
        stream.seek(0)
        content = stream.read()
    assert content.startswith(head)
    return content


def name(source: Any) -> str:
    stream, text = opened(source)
    stream.close()
    return text


def test_every_spelling_of_a_path(path: Path) -> None:
    for source in (path, str(path), OnlyFsPath(str(path)), OnlyFsPath(os.fsencode(path))):
        assert read_all(source) == CONTENT
        assert name(source) == str(path)


def test_every_kind_of_bytes() -> None:
    for source in (CONTENT, bytearray(CONTENT), memoryview(CONTENT)):
        assert read_all(source) == CONTENT


FILES: dict[str, Callable[[Path], IO[bytes]]] = {
    "file": lambda path: path.open("rb"),
    "unbuffered": lambda path: path.open("rb", 0),
    "both ways": lambda path: path.open("r+b"),
    "memory": lambda path: io.BytesIO(path.read_bytes()),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_object_is_read_from_its_start_and_left_where_it_was(path: Path, kind: str) -> None:
    with FILES[kind](path) as stream:
        stream.seek(100)
        for _ in range(2):
            assert read_all(stream) == CONTENT
            assert (stream.tell(), stream.closed) == (100, False)


def test_file_objects_that_are_slow_or_cannot_go_back_are_copied() -> None:
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/clip.mp4", CONTENT)
    back, forth = os.pipe()
    sender = threading.Thread(target=lambda: _send(forth))
    sender.start()
    with ExitStack() as stack, NamedTemporaryFile() as named, SpooledTemporaryFile() as spooled:
        enter = stack.enter_context
        named.write(CONTENT)
        spooled.write(CONTENT)
        streams: list[Any] = [
            enter(enter(zipfile.ZipFile(folder)).open("in/clip.mp4")),
            enter(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(CONTENT)))),
            enter(bz2.BZ2File(io.BytesIO(bz2.compress(CONTENT)))),
            named,
            spooled,
            enter(os.fdopen(back, "rb")),
            OnlyRead(CONTENT),
        ]
        for stream in streams:
            assert read_all(stream) == CONTENT, stream
            assert not getattr(stream, "closed", False)
    sender.join()


def _send(number: int) -> None:
    with os.fdopen(number, "wb") as stream:
        stream.write(CONTENT)


def test_names_are_those_of_the_file_objects(path: Path) -> None:
    with path.open("rb") as stream, os.fdopen(os.open(path, os.O_RDONLY), "rb") as numbered:
        assert name(stream) == str(path)
        assert name(numbered) == "<file>"
    named = io.BytesIO(b"x")
    named.name = os.fsencode(path)  # type: ignore[attr-defined]
    assert name(named) == str(path)
    assert name(io.BytesIO(b"x")) == "<file>"
    assert name(b"x") == "<bytes>"


class Awaited:
    async def read(self, size: int = -1) -> bytes:
        return CONTENT[:size]


class Broken(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def read(self, _: int = -1) -> bytes:
        raise EOFError("the archive ends too soon")


def test_what_is_no_source_is_one_clear_line(path: Path) -> None:
    closed = path.open("rb")
    closed.close()
    with path.open() as text, path.open("ab") as written, NamedTemporaryFile("w+") as wrapped:
        bad: list[tuple[Any, str]] = [
            (None, "NoneType; give a path"),
            (3, "int; give a path"),
            ([path], "list; give a path"),
            ("", "an empty name"),
            (text, "clip.mp4: is opened as text"),
            (wrapped, "is opened as text"),
            (io.StringIO("x"), "is opened as text"),
            (written, "is not opened for reading"),
            (closed, "was closed"),
            (Awaited(), "has to be awaited"),
        ]
        for source, words in bad:
            with pytest.raises(mien.UsageError, match=words):
                opened(source)
    with pytest.raises(mien.MediaError, match="the archive ends too soon"):
        opened(Broken())
    with pytest.raises(mien.MediaError, match="no such file"):
        opened(path.with_name("none.mp4"))


def test_what_is_lent_is_given_back_once(path: Path) -> None:
    with path.open("rb") as stream:
        stream.seek(7)
        given = lent(stream)
        assert isinstance(given, Lent)
        assert lent(given) is given
        given.read(100)
        given.close()
        stream.seek(9)
        given.close()
        assert stream.tell() == 9

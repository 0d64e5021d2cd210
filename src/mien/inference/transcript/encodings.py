"""The text of a transcript, in whatever encoding it was saved."""

from __future__ import annotations

import codecs

from mien.errors import UsageError
from mien.types import Reason

__all__ = ["decoded"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OLD = "cp1252"  # what most old subtitles in Latin letters are in


def decoded(content: bytes, name: str, encoding: str | None) -> tuple[str, tuple[Reason, ...]]:
    """Text, and a note where its encoding had to be guessed.

    Args:
        content: of the file.
        name: of it, for messages.
        encoding: the one to use; None looks for a byte order mark, then takes UTF-8, and where
            that does not fit, Windows-1252.

    Raises:
        UsageError: there is no such encoding, the file is not in it, or it is no text.
    """
    if encoding is not None:
        return _in(content, name, encoding), ()
    for mark, known in _MARKS:
        if content.startswith(mark):
            return _in(content, name, known), ()
    if b"\x00" in content[:4096]:
        raise UsageError(f"{name}: is not text; give subtitles or another transcript")
    try:
        return content.decode("utf-8"), ()
    except UnicodeDecodeError:
        text = f"{name}: is not in UTF-8 and was read as Windows-1252; is that wrong, --encoding"
        return content.decode(_OLD, "replace"), (Reason("encoding", f"{text} says the right one"),)


def _in(content: bytes, name: str, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        text, _ = codec.decode(content)
    except LookupError:
        problem = "is no encoding that is known, such as utf-8, cp1252 or gb18030"
        raise UsageError(f"--encoding {encoding}: {problem}") from None
    except ValueError as error:
        problem = f"is not in {encoding} ({getattr(error, 'reason', error)})"
        raise UsageError(f"{name}: {problem}; name another with --encoding") from None
    if not isinstance(text, str):
        raise UsageError(f"--encoding {encoding}: is no encoding of text")
    return text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")

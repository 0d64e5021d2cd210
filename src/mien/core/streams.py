"""Make the standard streams safe where they have an old encoding or are closed."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import IO

__all__ = ["can_show", "is_closed", "is_screen", "settle", "was_lost"]


class _NullStream(io.RawIOBase):
    """Takes the place of a stream that was closed before the start, and notes that it was used."""

    used = False

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: object) -> int:
        """Forget the data."""
        self.used = True
        return len(data)  # type: ignore[arg-type]


def settle() -> None:
    """Make the streams of this process safe to print to.

    What an encoding lacks is written as an escape. In place of a closed stream is one that goes
    nowhere; its number is taken, so that no file gets it by chance.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            null_stream = io.TextIOWrapper(_NullStream(), "utf-8", write_through=True)  # type: ignore[type-var]
            setattr(sys, name, null_stream)
        elif isinstance(stream, io.TextIOWrapper):
            with suppress(OSError):
                stream.reconfigure(errors="backslashreplace")


def is_closed() -> bool:
    """Whether stdout was closed before the start."""
    return isinstance(getattr(sys.stdout, "buffer", None), _NullStream)


def was_lost() -> bool:
    """Whether something was printed to a stdout that was closed before the start."""
    null_stream = getattr(sys.stdout, "buffer", None)
    return isinstance(null_stream, _NullStream) and null_stream.used


def is_screen(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal; what the environment says of colours is not asked."""
    try:
        return stream is not None and stream.isatty()
    except (ValueError, OSError):
        return False


def can_show(text: str, encoding: str) -> bool:
    """Whether an encoding has all characters of a text."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True

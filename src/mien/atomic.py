"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mien.errors import OutputError

__all__ = ["atomic"]


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to, and move it to `path` once all is written.

    The name ends with ".part" and holds the process id, so that two runs on one folder do not
    write into one file. A program that goes by the ending has to be told the format.

    Raises:
        OutputError: the file cannot be written; nothing is left behind.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}); "
            "free some space or choose another folder with --out"
        ) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)

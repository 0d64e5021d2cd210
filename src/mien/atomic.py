"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mien.errors import OutputError

__all__ = ["atomic", "sweep"]

_FULL = 2**20  # bytes free, or fewer
_LEFT = 600  # s; what is being written is younger, or its process is there


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
        raise OutputError(_why(path, error.strerror or str(error))) from None
    except RuntimeError:  # torch does not say why it cannot write
        if shutil.disk_usage(path.parent).free > _FULL:
            raise
        raise OutputError(_why(path, os.strerror(errno.ENOSPC))) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _why(path: Path, reason: str) -> str:
    advice = "free some space or choose another folder with --out"
    return f"{path}: cannot be written ({reason}); {advice}"


def sweep(folder: Path) -> None:
    """Delete what `atomic` had begun in a folder, or below it, for processes that were killed.

    Other machines may be writing there, so it has to be ten minutes old.
    """
    if os.name == "nt":  # which has no way to ask for a process without ending it
        return
    for path in folder.rglob("*.part"):
        named = re.search(r"\.(\d+)\.part$", path.name)
        with suppress(OSError):
            age = time.time() - path.stat().st_mtime
            if named and age > _LEFT and not _is_there(int(named[1])):
                path.unlink()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True

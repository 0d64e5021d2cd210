"""Write files atomically: a file is complete or absent."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mien.errors import OutputError

__all__ = ["atomic", "fits", "sweep"]

_FULL_BYTES = 2**20  # bytes free, or fewer
_LONGEST_NAME = 143  # bytes of a name that every file system takes, encrypted ones too
_STALE_SECONDS = 600  # s; what is being written is younger, or its process is there


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to, and move it to `path` once all is written.

    The name ends with ".part" and holds the process id, so that two runs on one folder do not
    write into one file. A program that goes by the ending has to be told the format. It is no
    longer than `path`'s own where that is as long as a name can be.

    Raises:
        OutputError: the file cannot be written; nothing is left behind.
    """
    partial = path.with_name(_partial_name(path.name))
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise OutputError(_message(path, error)) from None
    except RuntimeError:  # torch does not say why it cannot write
        if shutil.disk_usage(path.parent).free > _FULL_BYTES:
            raise
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise OutputError(_message(path, full)) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _partial_name(name: str) -> str:
    """The name of the file while it is written."""
    end = f".{os.getpid()}.part"
    if len(os.fsencode(name)) + len(end) <= _LONGEST_NAME:
        return name + end
    return f"{zlib.crc32(os.fsencode(name)):08x}{end}"


def _message(path: Path, error: OSError) -> str:
    advice = "free some space or choose another folder with --out"
    if error.errno == errno.ENAMETOOLONG:
        advice = "give the source a shorter name"
    return f"{path}: cannot be written ({error.strerror or error}); {advice}"


def fits(path: Path) -> bool:
    """Whether the file system allows this name; its folder has to exist."""
    try:
        os.lstat(path)
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    except ValueError:  # a zero byte
        return False
    return True


def sweep(folder: Path) -> None:
    """Delete the unfinished files of killed processes in a folder and below it.

    Other machines may be writing there, so it has to be ten minutes old.
    """
    if os.name == "nt":  # which has no way to ask for a process without ending it
        return
    for path in folder.rglob("*.part"):
        match = re.search(r"\.(\d+)\.part$", path.name)
        with suppress(OSError):
            age = time.time() - path.stat().st_mtime
            if match and age > _STALE_SECONDS and not _is_there(int(match[1])):
                path.unlink()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True

"""The command in a process of its own, clips for it, and what may be left in a folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import mien
from tests.conftest import tone, write_sound

__all__ = [
    "MIEN",
    "children",
    "clips",
    "left_behind",
    "run",
    "small_disk",
    "started",
    "until",
    "whole",
]

MIEN = [sys.executable, "-m", "mien"]
_PATIENCE = 120.0  # s; the machine may be busy, and no test is about time


def clips(folder: Path, films: int = 2, sounds: int = 6) -> Path:
    """Copies of the sample clip, and sounds that differ."""
    folder.mkdir(parents=True)
    for number in range(films):
        shutil.copy(mien.sample(), folder / f"film{number}.mp4")
    for number in range(sounds):
        sound = tone(1 + number / 10)
        write_sound(folder / f"sound{number}.wav", sound, 16_000, "mono", "pcm_s16le")
    return folder


def run(
    *arguments: object, before: list[str] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run mien to its end; `before` is put before the command."""
    done = subprocess.run(
        [*(before or []), *MIEN, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        env={**os.environ, **environment},
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


@contextmanager
def started(*arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A mien that runs, with all its processes in a group of their own, which ends with it."""
    running = subprocess.Popen(
        [*MIEN, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def children(pid: int) -> list[int]:
    """Processes that a process has started and that are still there (Linux)."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(one) for one in found]


def whole(out: Path) -> set[str]:
    """Names of the answers in a folder; each of them has to be whole."""
    found = set()
    for path in out.rglob("*.json"):
        answer = json.loads(path.read_bytes())
        assert answer["schema"] == 1
        found.add(path.relative_to(out).as_posix().removesuffix(".json"))
    return found


def left_behind(out: Path) -> list[Path]:
    """Files that were begun and not ended."""
    return [path for path in out.rglob("*") if path.name.endswith(".part") or "probe" in path.name]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own, of so many bytes.

    Raises:
        PermissionError: it cannot be mounted here.
    """
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise PermissionError(mounted.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)

"""A terminal of some size that a command runs in, and what stands on it in the end."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

__all__ = ["Ended", "in_terminal", "rows_of"]

_STEER = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|\x1b[=>]|[\r\n]|[^\x1b\r\n]", re.DOTALL)


@dataclass(frozen=True)
class Ended:
    """A command that has ended.

    Args:
        code: its exit code.
        raw: all that it sent to the terminal.
        rows: what stands there, without spaces at the ends.
    """

    code: int
    raw: str
    rows: list[str]


def in_terminal(
    command: Sequence[str],
    width: int,
    *,
    stdout: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    interrupt: str = "",
    seconds: float = 120,
) -> Ended:
    """Run a command whose streams are a terminal of `width` columns and 50 rows.

    Args:
        command: program and arguments.
        width: columns.
        stdout: a file in place of the terminal.
        environment: beside this process's.
        interrupt: press Ctrl-C when this text has been sent.
        seconds: after which it is ended.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    given = {**os.environ, "TERM": "xterm", "COLUMNS": "", "LINES": "", **(environment or {})}
    given = {name: value for name, value in given.items() if value}
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=stdout or theirs,
        stderr=theirs,
        env=given,
        start_new_session=True,
        preexec_fn=_begin,
    )
    os.close(theirs)
    raw, limit = b"", time.monotonic() + seconds
    while time.monotonic() < limit:
        ready, _, _ = select.select([ours], [], [], 0.2)
        try:
            piece = os.read(ours, 65536) if ready else b""
        except OSError:  # the other side is closed
            break
        raw += piece
        if interrupt and interrupt.encode() in raw:
            os.write(ours, b"\x03")
            interrupt = ""
        if not piece and process.poll() is not None:
            break
    else:
        process.kill()
    code = process.wait()
    os.close(ours)
    text = raw.decode("utf-8", "replace")
    return Ended(code, text, rows_of(text, width))


def _begin() -> None:
    """Make the terminal the one that Ctrl-C is pressed on; a shell's background jobs ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def rows_of(text: str, width: int) -> list[str]:
    """What stands on a terminal that was sent a text."""
    rows: list[list[str]] = [[]]
    row = column = 0
    for found in _STEER.finditer(text):
        token, count = found[0], int(found[1] or 1) if (found[1] or "1").isdigit() else 1
        if token == "\r":
            column = 0
        elif token == "\n":
            row += 1
        elif found[2] == "A":
            row = max(0, row - count)
        elif found[2] == "B":
            row += count
        elif found[2] == "K":
            rows[row] = rows[row][:column] if found[1] in ("", "0") else []
        elif len(token) == 1 and token.isprintable():
            if column == width:
                row, column = row + 1, 0
            rows += [[] for _ in range(row - len(rows) + 1)]
            line = rows[row]
            line += " " * (column + 1 - len(line))
            line[column] = token
            column += 1
        rows += [[] for _ in range(row - len(rows) + 1)]
    return ["".join(row).rstrip() for row in rows]

"""What a run does beside its answers: memory of its processes, files and addresses it opens."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Canary", "memory", "watched"]

_OPENED = 0x20  # IN_OPEN
_PAGE = os.sysconf("SC_PAGE_SIZE")


def memory(root: int) -> dict[int, int]:
    """{process: bytes of memory in use} of a process and all below it (Linux)."""
    found, waiting = {}, [root]
    while waiting:
        pid = waiting.pop()
        place = Path(f"/proc/{pid}")
        try:
            found[pid] = int((place / "statm").read_text().split()[1]) * _PAGE
            for task in (place / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, ValueError, IndexError):
            continue  # ended meanwhile
    return found


@dataclass
class Canary:
    """How often what must stay shut was opened."""

    files: int = 0
    calls: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def watched(file: Path, port: int) -> Iterator[Canary]:
    """Count how often a file is opened and a port of this machine is called (Linux).

    Raises:
        OSError: the port is taken.
    """
    canary, libc = Canary(), ctypes.CDLL(None, use_errno=True)
    looking = libc.inotify_init1(os.O_NONBLOCK)
    if libc.inotify_add_watch(looking, os.fsencode(file), _OPENED) < 0:
        raise OSError(ctypes.get_errno(), "the canary cannot be watched", str(file))
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(0.2)
        thread = threading.Thread(target=_count, args=(canary, looking, server))
        thread.start()
        try:
            yield canary
        finally:
            canary.stop.set()
            thread.join()
            os.close(looking)


def _count(canary: Canary, looking: int, server: socket.socket) -> None:
    while True:
        last = canary.stop.is_set()
        try:
            server.accept()[0].close()
            canary.calls += 1
        except TimeoutError:
            pass
        try:
            events = os.read(looking, 2**16)
        except BlockingIOError:
            events = b""
        canary.files += len(events) // struct.calcsize("iIII")
        if last:
            return

"""Damaged files through `mien predict`, as somebody with a folder of them would run it."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from abuse_judge import LIMIT, Told
from abuse_watch import memory

__all__ = ["predict_all"]

JOBS = 2
BATCH = 500
_EVERY = 25  # files between two looks at the memory
_CLOSING = re.compile(r"\d+ done, \d+ done before, \d+ failed")

Remember = Callable[[str, int, int, int], None]
Event = tuple[float, str, str]


def predict_all(folder: Path, paths: Sequence[str], remember: Remember) -> Iterator[Told]:
    """What the command says of each file, in order of its end.

    Args:
        folder: of the corpus.
        paths: relative to it.
        remember: is told (what, batch, files so far, bytes) of the memory in use.
    """
    waiting, batch = list(paths), 0
    while waiting:
        now, waiting = waiting[:BATCH], waiting[BATCH:]
        left = yield from _batch(folder, now, lambda *a, b=batch: remember("command", b, *a))
        waiting, batch = left + waiting, batch + 1


def _batch(
    folder: Path, paths: list[str], remember: Callable[[int, int], None]
) -> Iterator[Told]:  # returns the files that were not begun
    command = [sys.executable, "-m", "mien", "predict", "-", "--json", "--jobs", str(JOBS)]
    running = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    assert running.stdin is not None
    events = _events(running)
    running.stdin.write("".join(f"{folder / path}\n" for path in paths).encode())
    running.stdin.close()
    order = {str(folder / path): path for path in paths}
    starts: dict[str, float] = {}
    open_ones, ended = list(order), 0
    try:
        for when, kind, line in events:
            if kind == "silent":
                for place in open_ones[:JOBS]:
                    yield Told(order[place], None, (), LIMIT, "hung")
                return [order[place] for place in open_ones[JOBS:]]
            place = _place(kind, line, order)
            if place is None:
                if not _CLOSING.fullmatch(line.strip()) and line.strip():
                    yield Told("", None, (line,), None, "stray")
                continue
            if place not in open_ones:
                yield Told(order[place], None, (line,), None, "twice")
                continue
            open_ones.remove(place)
            ended += 1
            seconds = when - starts[place] if place in starts else None
            for following in open_ones[:JOBS]:
                starts.setdefault(following, when)
            if ended % _EVERY == 0:
                for used in sorted(memory(running.pid).values())[-JOBS - 1 :]:
                    remember(ended, used)
            if kind == "out":
                yield Told(order[place], line, (), seconds, "answered")
            else:
                yield Told(order[place], None, (line,), seconds, "refused")
        for place in open_ones:
            yield Told(order[place], None, (), None, "lost")
        return []
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _place(kind: str, line: str, order: dict[str, str]) -> str | None:
    """The file that a line is of."""
    if kind == "out":
        found = re.search(r'"path": "((?:[^"\\]|\\.)*)"', line)
        return found[1] if found and found[1] in order else None
    body = line.removeprefix("mien: ")
    place = next((p for p in order if body.startswith(f"{p}: ")), None)
    return place if line.startswith("mien: ") else None


def _events(running: subprocess.Popen[bytes]) -> Iterator[Event]:
    """(time, "out" or "err", line) as they come; "silent" once nothing comes for `LIMIT`."""
    heard: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    def read(kind: str) -> None:
        stream = running.stdout if kind == "out" else running.stderr
        assert stream is not None
        for line in stream:
            heard.put((time.monotonic(), kind, line.decode("utf-8", "replace").rstrip("\n")))
        heard.put(None)

    for kind in ("out", "err"):
        threading.Thread(target=read, args=(kind,), daemon=True).start()

    def given() -> Iterator[Event]:
        ended = 0
        while ended < 2:
            try:
                event = heard.get(timeout=LIMIT)
            except queue.Empty:
                yield time.monotonic(), "silent", ""
                return
            if event is None:
                ended += 1
            else:
                yield event

    return given()

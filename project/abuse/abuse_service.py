"""Damaged files uploaded to `mien serve`, which runs on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
from abuse_judge import LIMIT, Told
from abuse_watch import memory

__all__ = ["upload_all"]

WORKERS = 2
_AT_ONCE = 4
_EVERY = 25  # files between two looks at the memory

Remember = Callable[[str, int, int, int], None]


def upload_all(folder: Path, paths: Sequence[str], remember: Remember) -> Iterator[Told]:
    """What the service says of each file, in order of its end; "dead" once, if it dies.

    Args:
        folder: of the corpus.
        paths: relative to it.
        remember: is told ("server" or "worker", 0, files so far, bytes) of the memory in use.
    """
    with tempfile.TemporaryDirectory() as data, _serving(Path(data)) as (server, log, http):
        ended = 0
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            for told in pool.map(lambda path: _one(http, folder, path, data), paths):
                yield told
                ended += 1
                if ended % _EVERY == 0:
                    _note(server.pid, ended, remember)
        finally:
            pool.shutdown(cancel_futures=True)
        if server.poll() is not None or http.get("/readyz").status_code != 200:
            yield Told("", None, tuple(log[-1:]), None, "dead")
        for place, line in enumerate(log):
            if "died" in line or "Traceback" in line or "ERROR" in line:
                yield Told("", None, tuple(map(str.strip, log[place : place + 30])), None, "stray")


def _note(pid: int, ended: int, remember: Remember) -> None:
    used = memory(pid)
    remember("server", 0, ended, used.pop(pid, 0))
    for one in sorted(used.values())[-WORKERS:]:
        remember("worker", 0, ended, one)


@contextmanager
def _serving(data: Path) -> Iterator[tuple[subprocess.Popen[str], list[str], httpx.Client]]:
    """The real command, what it logs, and a client that knows its address."""
    command = [sys.executable, "-m", "mien", "serve", "--port", "0", "--data", str(data)]
    server = subprocess.Popen(
        [*command, "--workers", str(WORKERS), "--threads", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        text=True,
    )
    assert server.stdout is not None
    log: list[str] = []
    address = ""
    for line in server.stdout:
        log.append(line)
        if "serves at" in line:
            address = line.split()[3]
            break
    reader = threading.Thread(target=lambda: log.extend(server.stdout), daemon=True)  # type: ignore[arg-type]
    reader.start()
    try:
        with httpx.Client(base_url=address, timeout=LIMIT) as http:
            yield server, log, http
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _one(http: httpx.Client, folder: Path, path: str, data: str) -> Told:
    """Upload a file and wait for what comes of it."""
    begun = time.monotonic()
    name = Path(path).name
    try:
        with (folder / path).open("rb") as stream:
            given = http.post("/v1/jobs", files={"file": (name, stream)})
        if given.status_code != 202:
            return _refused(path, given, time.monotonic() - begun, data)
        job = given.json()["jobs"][0]
        while not job["finished"] or job["media"] == "making":
            if time.monotonic() - begun > LIMIT:
                http.delete(f"/v1/jobs/{job['id']}")
                return Told(path, None, (), LIMIT, "hung")
            time.sleep(0.05)
            job = http.get(f"/v1/jobs/{job['id']}").json()
        told = _ended(http, path, job, data)
        http.delete(f"/v1/jobs/{job['id']}")
    except httpx.HTTPError as error:
        return Told(path, None, (f"{type(error).__name__}: {error}",), None, "lost")
    return told


def _refused(path: str, given: httpx.Response, seconds: float, data: str) -> Told:
    detail = str(given.json().get("detail", given.text))
    status = "refused" if given.status_code < 500 and data not in detail else "broken"
    return Told(path, None, (detail,), seconds, status)


def _ended(http: httpx.Client, path: str, job: dict[str, str], data: str) -> Told:
    seconds = _seconds(job)
    if job["state"] != "done":
        line = str(job["error"])
        return Told(path, None, (line,), seconds, "broken" if data in line else "refused")
    answer = http.get(f"/v1/jobs/{job['id']}/result")
    if answer.status_code != 200:
        return Told(path, None, (answer.text,), seconds, "broken")
    return Told(path, answer.text, (), seconds, "answered")


def _seconds(job: dict[str, str]) -> float | None:
    if not job.get("started"):
        return None
    start, end = (datetime.fromisoformat(job[key]) for key in ("started", "finished"))
    return (end - start).total_seconds()

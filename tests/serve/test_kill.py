"""A server that is killed at any moment loses no job and runs none to two ends."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mien
from tests.conftest import numbered, write_clip
from tests.serve.bench import bench
from tests.serve.postgres import new_database, postgres

_ROOT = Path(__file__).resolve().parents[2]


def killed(data: Path, url: str, clip: Path, seconds: float) -> list[str]:
    """Run a server for so long from its first accepted job, kill it; the ids it accepted."""
    command = [sys.executable, "-m", "tests.serve.pool_server", str(data), url, str(clip), "3"]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        time.sleep(seconds)
        server.send_signal(signal.SIGKILL)
        rest = server.stdout.read()
    return [line for line in (first + rest).splitlines() if len(line) == 22]


@pytest.mark.slow
def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    lose_nothing(tmp_path, f"sqlite:///{tmp_path / 'jobs.db'}")


@pytest.mark.external
def test_ten_kills_lose_nothing_on_postgresql(tmp_path: Path) -> None:
    with postgres() as folder:
        lose_nothing(tmp_path, new_database(folder, "kills"))


def lose_nothing(tmp_path: Path, url: str) -> None:
    data, frames = tmp_path / "data", numbered(20)
    clip = write_clip(tmp_path / "a.avi", frames, [k / 25 for k in range(20)], codec="mpeg4")
    draw = random.Random(4)  # moments from the first accepted job to after the first result
    accepted = [job for _ in range(10) for job in killed(data, url, clip, draw.uniform(0, 2.5))]
    assert len(accepted) >= 10
    with bench(data, url=url) as one:
        jobs = [one.ended(number) for number in accepted]
        assert {(job.state, job.media) for job in jobs} == {("done", "preview")}
        assert one.store.counts()["running"] == 0
        wanted = mien.analyze(clip).to_dict()
        wanted["source"]["path"] = "a.avi"
        for number in accepted:
            assert json.loads(one.files.result(number, "json").read_bytes()) == wanted


def test_a_done_job_stays_as_it_was(tmp_path: Path) -> None:
    data, url = tmp_path / "data", f"sqlite:///{tmp_path / 'jobs.db'}"
    with bench(data, url=url) as one:
        before = one.ended(one.put(mien.sample()))
        stamp = one.files.result(before.id, "json").stat()
    killed(data, url, mien.sample(), 1.0)
    with bench(data, url=url) as one:
        assert one.job(before.id) == before
        after = one.files.result(before.id, "json").stat()
        assert (after.st_mtime_ns, after.st_ino) == (stamp.st_mtime_ns, stamp.st_ino)


def test_workers_end_with_a_server_that_is_killed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    killed(tmp_path / "data", url, mien.sample(), 1.0)
    deadline = time.monotonic() + 60
    while _workers_on(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _workers_on(folder: Path) -> list[int]:
    """Processes whose command line names a folder (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in command and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found

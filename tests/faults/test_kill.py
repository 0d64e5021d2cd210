"""`kill -9` of a run at any moment: what is there is whole, and the next run does the rest."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from mien.core.atomic import atomic, sweep
from tests.faults.bench import children, left_behind, run, started, until, whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


def test_a_killed_run_leaves_whole_answers_and_the_next_one_does_the_rest(
    folder: Path, tmp_path: Path
) -> None:
    out, draw = tmp_path / "out", random.Random(3)
    predict = ("predict", folder, "--out", out, "--jobs", 2, "--json")
    counts = []
    for after in (1, 3, 5):
        with started(*predict) as killed:
            until(lambda n=after: len(list(out.rglob("*.json"))) >= n)  # type: ignore[misc]
            time.sleep(draw.uniform(0, 0.1))
            os.kill(killed.pid, signal.SIGKILL)
        counts.append(len(whole(out)))
    assert counts == sorted(counts)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.json")}
    done = run(*predict)
    assert done.returncode == 0, done.stderr
    assert whole(out) == {path.name for path in folder.iterdir()}
    assert "0 failed" in done.stderr
    kept = sum(path.stat().st_mtime_ns == stamp for path, stamp in before.items())
    assert kept >= len(before) - 2  # at most those in work at the kill were not yet noted


def test_workers_end_with_a_run_that_is_killed(folder: Path, tmp_path: Path) -> None:
    with started("predict", folder, "--out", tmp_path / "out", "--jobs", 2) as killed:
        until(lambda: len(children(killed.pid)) >= 2)
        workers = children(killed.pid)
        os.kill(killed.pid, signal.SIGKILL)
        until(lambda: not any(_runs(worker) for worker in workers))


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_what_a_killed_run_had_begun_goes_with_the_next(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    begun = out / "deep" / f"a.mp4.json.{2**22 + 1}.part"  # no process has such a number
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"{")
    assert run("predict", folder / "sound0.wav", "--out", out).returncode == 0
    assert begun.exists()  # another machine may be writing it
    os.utime(begun, (1e9, 1e9))
    assert run("predict", folder / "sound0.wav", "--out", out).returncode == 0
    assert left_behind(out) == []


def test_only_what_nobody_writes_any_more_is_swept(tmp_path: Path) -> None:
    with atomic(tmp_path / "a.json") as mine:
        mine.write_text("{}")
        os.utime(mine, (1e9, 1e9))
        foreign = tmp_path / "film.part"  # not of ours
        foreign.write_text("x")
        os.utime(foreign, (1e9, 1e9))
        sweep(tmp_path)
        assert mine.exists()
    assert (tmp_path / "a.json").read_text() == "{}"
    assert foreign.exists()

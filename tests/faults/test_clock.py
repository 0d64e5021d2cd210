"""A clock that is set forward or back while the service works, and limits that do not go by it."""

from __future__ import annotations

import os
import re
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import mien
from mien.serve import files as job_files
from mien.serve import store as job_store
from mien.serve.files import JobFiles
from mien.serve.incoming import IncomingFile, ReceivedFile, RefusedFile
from mien.serve.store import JobStore
from tests.serve.bench import accept, bench

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mien"

TOLD = {
    "output/formats/elan.py": "the date in a file",
    "training/experiment/external_eval.py": "the date in a report",
    "training/adapt/new_bundle.py": "the date on a card",
    "training/experiment/record.py": "the date in a report",
    "scale/dataset.py": "the date in a manifest",
    "scale/state.py": "the time in a log",
}
"""Where the time of day is only told."""

COMPARED = {
    "core/atomic.py": "the age of files of a killed run; one in work has its process",
    "serve/auth.py": "how long a login lasts",
    "serve/files.py": "the age of what nobody asks for; an upload that was swept fails",
    "serve/job.py": "when a job was made; it is told",
    "serve/store.py": "leases that several servers share: tests below",
    "features/store/media_hashes.py": "whether a file was at rest when hashed; if not, it is again",
    "features/store/partition.py": "the age of files of a killed run",
}
"""Where it is compared with another one, and why a jump costs no result."""

_CLOCK = re.compile(r"\btime\.time(_ns)?\(|datetime\.(now|today|utcnow)\(|date\.today\(")


def test_no_limit_goes_by_the_time_of_day() -> None:
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if _CLOCK.search(path.read_text("utf-8"))
    }
    assert found == {*TOLD, *COMPARED}


class Clock:
    """A time of day that can be set, for the store and the files of the service."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        clock = self

        class Set(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + clock.ahead

        class Time:
            @staticmethod
            def time() -> float:
                return time.time() + clock.ahead.total_seconds()

        monkeypatch.setattr(job_store, "datetime", Set)
        monkeypatch.setattr(job_files, "time", Time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.parametrize("jump", [timedelta(days=2), -timedelta(days=2), timedelta(minutes=-7)])
def test_a_job_in_work_is_done_once_whatever_the_clock_does(
    clock: Clock, tmp_path: Path, jump: timedelta
) -> None:
    with bench(tmp_path, job_seconds=200) as one:
        os.kill(one.worker(), signal.SIGSTOP)
        number = one.put(mien.sample())
        one.until(number, lambda job: job.state == "running")
        clock.ahead = jump
        time.sleep(1)  # several looks at what is lost
        for worker in one.pool.workers:
            os.kill(worker, signal.SIGCONT)
        job = one.ended(number)
        assert (job.state, job.error) == ("done", None)
        assert one.files.result(number, "json").is_file()
        after = one.ended(one.put(mien.sample()))
        assert after.state == "done"


def test_what_a_lost_server_held_is_done_after_the_clock_was_set_back(
    clock: Clock, tmp_path: Path
) -> None:
    store = JobStore(f"sqlite:///{tmp_path / 'jobs.db'}")
    files = JobFiles(tmp_path)
    files.make()
    job = accept(mien.sample(), store, files)
    clock.ahead = timedelta(days=365)
    assert store.claim(15.0) is not None  # and the server that holds it is gone
    assert store.claim(15.0) is None
    store.close()
    clock.ahead = timedelta()
    with bench(tmp_path, url=f"sqlite:///{tmp_path / 'jobs.db'}") as one:
        assert one.ended(job.id).state == "done"


def test_results_are_kept_when_the_clock_is_set_back(clock: Clock, tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        number = one.put(mien.sample())
        one.ended(number)
        clock.ahead = -timedelta(days=400)
        one.pool.sweep()
        one.pool.sweep_lost()
        assert one.job(number).state == "done"
        assert one.files.result(number, "json").is_file()


def test_half_of_an_upload_is_never_taken_for_the_whole(tmp_path: Path) -> None:
    import anyio

    async def upload() -> ReceivedFile | RefusedFile:
        content = mien.sample().read_bytes() * 20
        file = IncomingFile("a.mp4", tmp_path, 0)
        await file.add(content[: 2**20])
        for part in tmp_path.glob("*.part"):
            part.unlink()  # as the sweep does with what is a day old
        await file.add(content[2**20 :])
        return await file.end()

    with pytest.raises(FileNotFoundError):
        anyio.run(upload)
    assert list(tmp_path.iterdir()) == []

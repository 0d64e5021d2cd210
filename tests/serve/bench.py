"""A pool with its store and files, without HTTP: clips in, jobs out."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mien.serve import Limits, Settings
from mien.serve.files import JobFiles
from mien.serve.pool import Pool
from mien.serve.store import Job, JobStore, new_job
from mien.serve.supervisor import Timing

__all__ = ["OPTIONS", "Bench", "accept", "bench"]

OPTIONS = {"window": 2.0, "fps": None, "people": None}
_TIMING = Timing(lease=5.0, beat=0.2, idle=0.2, sweep=0.5)
_PATIENCE = 300.0  # s; the machine may be busy, and no test is about time


@dataclass(frozen=True)
class Bench:
    """A pool that runs."""

    pool: Pool
    store: JobStore
    files: JobFiles

    def put(self, clip: Path, name: str = "", *, kept: bool = True) -> str:
        """Hand a clip in; gives the job's id."""
        job = accept(clip, self.store, self.files, name, kept=kept)
        self.pool.wake()
        return job.id

    def job(self, number: str) -> Job:
        """A job as it is now."""
        job = self.store.get(number)
        assert job is not None
        return job

    def until(self, number: str, true: Callable[[Job], bool]) -> Job:
        """A job once something is true of it."""
        end = time.monotonic() + _PATIENCE
        while not true(job := self.job(number)):
            assert time.monotonic() < end, job
            time.sleep(0.02)
        return job

    def ended(self, number: str) -> Job:
        """A job once it has ended and nothing is being made for it any more."""
        return self.until(number, lambda j: j.ended and "making" not in (j.media, j.video))

    def worker(self) -> int:
        """Process number of the worker, once there is one."""
        end = time.monotonic() + _PATIENCE
        while not (workers := self.pool.workers):
            assert time.monotonic() < end
            time.sleep(0.02)
        return workers[0]


@contextmanager
def bench(
    data: Path, *, url: str | None = None, retry: float = 0.5, **limits: float
) -> Iterator[Bench]:
    """A pool with one worker on a data folder, with some limits changed."""
    allowed = Limits(**limits)  # type: ignore[arg-type]
    settings = Settings(data=data, database=url, workers=1, threads=1, limits=allowed)
    files = JobFiles(data)
    files.make()
    store = JobStore(settings.database_url)
    pool = Pool(settings, store, files, replace(_TIMING, retry=retry))
    pool.start()
    try:
        yield Bench(pool, store, files)
    finally:
        pool.stop()
        store.close()


def accept(
    clip: Path, store: JobStore, files: JobFiles, name: str = "", *, kept: bool = True
) -> Job:
    """Take a clip in: first its file, then its row."""
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    job = new_job(name or clip.name, clip.stat().st_size, digest, OPTIONS, kept=kept)
    part = files.incoming / f"{job.id}.part"
    shutil.copyfile(clip, part)
    files.folder(job.id).mkdir()
    part.replace(files.source(job.id))
    for path in (files.source(job.id), files.folder(job.id), files.jobs):
        number = os.open(path, os.O_RDONLY)
        os.fsync(number)
        os.close(number)
    store.add(job)
    return job

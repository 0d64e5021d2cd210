"""A disk that fills up while a job runs, made of a small tmpfs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import mien
from tests.serve.bench import bench


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path, leave: int) -> None:
    """Take the disk up to so many bytes."""
    with path.open("wb", buffering=0) as stream:
        size = shutil.disk_usage(path.parent).free
        os.posix_fallocate(stream.fileno(), 0, size - leave)


def test_a_full_disk_is_waited_out(disk: Path) -> None:
    with bench(disk, retry=10) as one:
        first = one.ended(one.put(mien.sample()))
        assert first.state == "done"
        os.kill(one.worker(), signal.SIGSTOP)  # the disk fills while the job runs
        number = one.put(mien.sample())
        one.until(number, lambda job: job.state == "running")
        fill(disk / "ballast", 8192)
        os.kill(one.worker(), signal.SIGCONT)
        job = one.until(number, lambda job: job.error is not None)
        assert job.state == "queued"
        assert job.error == "the server's disk is full; the clip is kept and tried again later"
        assert not list(one.files.folder(number).glob("*.part"))
        (disk / "ballast").unlink()
        job = one.ended(number)
        assert (job.state, job.error, job.attempts) == ("done", None, 1)
        assert one.job(first.id) == first

"""A decoder that takes its process with it: one line for that file, the others go on."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.faults.bench import children, left_behind, run, started, until, whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

POISON = """
import os, signal
from mien.media import tracks
opened = tracks.open_container
def poisoned(stream, name):
    if "poison" in name:
        os.kill(os.getpid(), signal.SIGNAL)
    if "odd" in name:
        raise TypeError("nobody thought of this")
    return opened(stream, name)
tracks.open_container = poisoned
"""
"""Run by Python as it starts, in each process: FFmpeg breaks on files with a certain name."""


def poisoned(folder: Path, how: str) -> str:
    """The search path that brings the poison to a command."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(POISON.replace("SIGNAL", how))
    given = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(folder / "site"), *([given] if given else [])])


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("how", ["SIGSEGV", "SIGKILL"])
def test_a_file_that_ends_its_process_loses_no_other(
    folder: Path, tmp_path: Path, how: str, jobs: int
) -> None:
    clips = Path(shutil.copytree(folder, tmp_path / "clips"))
    for name in ("a-poison.wav", "sound1-poison.wav"):
        shutil.copy(clips / "sound0.wav", clips / name)
    out, path = tmp_path / "out", poisoned(tmp_path, how)
    done = run("predict", clips, "--out", out, "--jobs", jobs, PYTHONPATH=path)
    assert done.returncode == 1
    lines = {line for line in done.stderr.splitlines() if line.startswith("mien: ")}
    why = "the process that read it died; the file is skipped"
    assert lines == {f"mien: {clips / n}: {why}" for n in ("a-poison.wav", "sound1-poison.wav")}
    assert whole(out) == {path.name for path in folder.iterdir()}
    assert left_behind(out) == []


def test_an_error_of_ours_is_one_line_and_stops_nothing(folder: Path, tmp_path: Path) -> None:
    clips = Path(shutil.copytree(folder, tmp_path / "clips"))
    shutil.copy(clips / "sound0.wav", clips / "odd.wav")
    out, path = tmp_path / "out", poisoned(tmp_path, "SIGKILL")
    done = run("predict", clips, "--out", out, PYTHONPATH=path)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("mien: ")]
    why = "an error in mien (TypeError: nobody thought of this); please report it"
    assert line == f"mien: {clips / 'odd.wav'}: {why}"
    assert whole(out) == {path.name for path in folder.iterdir()}


def test_a_worker_that_is_killed_from_outside_costs_nothing(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with started("predict", folder, "--out", out, "--jobs", 2) as running:
        until(lambda: bool(list(out.rglob("*.json"))))
        for worker in children(running.pid)[-1:]:
            os.kill(worker, signal.SIGKILL)
        stderr = running.communicate(timeout=120)[1]
    assert running.returncode == 0, stderr
    assert whole(out) == {path.name for path in folder.iterdir()}

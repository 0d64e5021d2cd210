"""`mien train --engine ray`: Ray Train in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.training_corpus import kill_one, options, same

pytest.importorskip("torch")
pytest.importorskip("pandas")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the process to kill in /proc")
def test_workers_on_ray_of_which_one_is_killed_end_as_one_process(tmp_path: Path) -> None:
    mien = [sys.executable, "-m", "mien", "train"]
    given = options(tmp_path, "one", 8)
    subprocess.run([*mien, *given, "-j", "1"], check=True, capture_output=True)
    command = [*mien, *options(tmp_path, "ray", 8), "--engine", "ray", "-j", "2"]
    kill_one(command, tmp_path / "ray", "ray::RayTrainWorker", 20)
    same(tmp_path / "one", tmp_path / "ray")

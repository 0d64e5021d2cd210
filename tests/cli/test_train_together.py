"""`mien train` under torchrun, in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.training_corpus import kill_one, losses, options, same

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
MIEN = ["-m", "mien", "train"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the process to kill in /proc")
def test_two_processes_of_which_one_is_killed_end_as_one_that_is_not(tmp_path: Path) -> None:
    given = options(tmp_path, "one", 8)
    subprocess.run([sys.executable, *MIEN, *given, "-j", "1"], check=True, capture_output=True)
    for run, disturbed in (("two", False), ("killed", True)):
        command = [*TORCHRUN, "--max-restarts", "1", *MIEN, *options(tmp_path, run, 8)]
        if disturbed:
            kill_one(command, tmp_path / run, "RANK=1", 20)
        else:
            subprocess.run(command, check=True, capture_output=True)
        same(tmp_path / "one", tmp_path / run)
    assert losses(tmp_path / "killed") == losses(tmp_path / "two")
    for name in ("scores.csv", "final.json"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_several_processes_cannot_share_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from mien.cli.app import app
    from mien.errors import UsageError

    given = options(tmp_path, "run", 2)
    for more, environment, why in (
        (["--engine", "ray", "--rate-range"], {}, "leave torchrun and --engine out"),
        (["--address", "1.2.3.4:5"], {}, "--address is for ray"),
        (["--engine", "ray"], {"RANK": "0", "WORLD_SIZE": "2"}, "leave torchrun out"),
    ):
        with monkeypatch.context() as changed:
            for name, value in environment.items():
                changed.setenv(name, value)
            result = CliRunner().invoke(app, ["train", *given, *more])
        assert isinstance(result.exception, UsageError), result.output
        assert why in str(result.exception)

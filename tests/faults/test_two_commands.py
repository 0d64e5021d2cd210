"""Two runs on one output folder at the same time."""

from __future__ import annotations

from pathlib import Path

from tests.faults.bench import left_behind, run, started, whole


def test_two_runs_on_one_folder_do_not_mix(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    predict = ("predict", folder, "--out", out, "--jobs", 1, "--json", "--csv")
    with started(*predict) as one, started(*predict) as two:
        told = [running.communicate(timeout=120)[1] for running in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0), told
    names = {path.name for path in folder.iterdir()}
    assert whole(out) == names
    assert left_behind(out) == []
    assert f"0 done, {len(names)} done before, 0 failed" in run(*predict).stderr

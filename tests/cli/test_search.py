from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import app
from mien.errors import UsageError
from tests.cli.corpus import make_clips, write_recipe

pytest.importorskip("torch")
pytest.importorskip("optuna")

SPACE = ("--space", "voice.model.width=2:6", "--space", "voice.model.dropout=0.1:0.6")


def search(*options: str | Path) -> Result:
    return CliRunner().invoke(app, ["search", *map(str, options)])


def basic(folder: Path) -> list[str]:
    options = [write_recipe(folder), "--data", make_clips(folder), "--folds", "speaker:2"]
    return [str(o) for o in [*options, "--out", folder / "search", "-j", "1"]]


def trials(folder: Path) -> list[dict[str, str]]:
    with (folder / "search" / "trials.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_search_scores_inside_the_training_clips_and_goes_on(tmp_path: Path) -> None:
    options = basic(tmp_path)
    done = search(*options, *SPACE, "--trials", "2")
    assert done.exit_code == 0, done.exception
    rows = trials(tmp_path)
    assert [row["trial"] for row in rows] == ["0", "1"]
    for row in rows:
        assert 2 <= int(row["voice.model.width"]) <= 6
        assert 0.1 <= float(row["voice.model.dropout"]) <= 0.6
        folds = float(row["fold0"]), float(row["fold1"])
        assert float(row["uar"]) == pytest.approx(sum(folds) / 2, abs=1e-4)
    best = max(rows, key=lambda row: float(row["uar"]))
    width, dropout = best["voice.model.width"], best["voice.model.dropout"]
    assert f"--set voice.model.width={width} --set voice.model.dropout={dropout}" in done.output
    chosen = {max(rows, key=lambda row: float(row[f]))["folder"] for f in ("fold0", "fold1")}
    for row in rows:  # a setting is trained for the report only where a fold chose it
        fits = {f.name for f in (tmp_path / "search" / "trials" / row["folder"] / "fits").iterdir()}
        assert any("inner" not in name for name in fits) == (row["folder"] in chosen)
    assert search(*options, *SPACE, "--trials", "3").exit_code == 0
    assert trials(tmp_path)[:2] == rows
    with (tmp_path / "search" / "scores.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 24


def test_a_setting_that_fails_is_noted_and_the_search_goes_on(tmp_path: Path) -> None:
    space = ("--space", "voice.model.schooling.fit.rate=0.001,1e30", "--seed", "0")
    done = search(*basic(tmp_path), *space, "--trials", "4")
    assert done.exit_code == 0, done.exception
    rows = trials(tmp_path)
    failed = [row for row in rows if row["voice.model.schooling.fit.rate"] == "1e30"]
    assert 0 < len(failed) < 4
    assert all("the loss is" in row["reason"] and not row["uar"] for row in failed)
    assert "best: --set voice.model.schooling.fit.rate=0.001" in done.output


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_search_that_is_killed_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    options = basic(tmp_path)
    whole, place = tmp_path / "search", options.index("--out") + 1
    assert search(*options, *SPACE, "--trials", "2").exit_code == 0
    wanted = trials(tmp_path)
    scores = (whole / "scores.csv").read_bytes()
    whole.rename(tmp_path / "whole")
    command = [sys.executable, "-m", "mien", "search", *options, *SPACE, "--trials", "2"]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    limit = time.monotonic() + 120
    while not list(Path(options[place]).glob("trials/*/fits/*/done.json")):
        assert run.poll() is None, run.communicate()[1].decode()
        assert time.monotonic() < limit
        time.sleep(0.005)
    run.kill()
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    assert search(*options, *SPACE, "--trials", "2").exit_code == 0
    assert trials(tmp_path) == wanted
    assert (whole / "scores.csv").read_bytes() == scores


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (
            "voice.model.widht=2:6",
            "--space voice.model.widht: no field 'widht'; did you",
        ),
        ("voice.model.width=2", "one value"),
        ("voice.model.width=6:2", "low must be below high"),
        ("voice.model.dropout=0:1:log", "above 0"),
        ("voice.model.width=2:x", "write low:high"),
        ("voice.model.width=2,many", "width=many: must be `int`"),
        ("width", "write field=low:high"),
    ],
)
def test_a_space_that_cannot_be(tmp_path: Path, space: str, message: str) -> None:
    done = search(*basic(tmp_path), "--space", space)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
    assert not (tmp_path / "search").exists()


def test_a_recipe_may_bring_its_space(tmp_path: Path) -> None:
    options = basic(tmp_path)
    done = search(*options)
    assert "has no space of its own" in str(done.exception)
    recipe = Path(options[0])
    recipe.write_text(recipe.read_text().replace("inner=2", 'inner=2, search={"inner": "2,3"}'))
    assert search(*options, "--trials", "1").exit_code == 0
    assert trials(tmp_path)[0]["inner"] in ("2", "3")
    done = search(*options, "--space", "inner=2:4")
    assert "another --space" in str(done.exception)

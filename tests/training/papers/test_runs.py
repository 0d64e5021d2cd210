from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.training.experiment.score import open_plan
from mien.training.papers.ablations import ABLATIONS
from mien.training.papers.runs import ABLATED, borrow, by_paper, runs_of


def test_a_run_has_its_ablations(made: Path) -> None:
    found = runs_of("resnet_lstm", made / "run")
    assert list(found) == ["", *(one.name for one in ABLATIONS["resnet_lstm"])]
    alone = by_paper([made / "run" / ABLATED / "fixed"])["resnet_lstm"]
    assert alone == {"fixed": made / "run" / ABLATED / "fixed"}
    assert by_paper([made / "run"])["resnet_lstm"] == found


def test_fits_with_the_same_numbers_are_made_once(made: Path) -> None:
    """One LSTM layer needs an LSTM of its own, on the frames' networks of the mended run."""
    fits = made / "run" / ABLATED / "one_layer" / "fits"
    fixed = made / "run" / ABLATED / "fixed" / "fits"
    for name in ("frames-seed0-fold0", "frames-seed0-final"):
        mine, theirs = fits / name / "weights.pt", fixed / name / "weights.pt"
        assert mine.read_bytes() == theirs.read_bytes()
    keys = [json.loads((f / "done.json").read_text())["key"] for f in fits.iterdir()]
    others = {json.loads((f / "done.json").read_text())["key"] for f in fixed.iterdir()}
    assert sum(key in others for key in keys) == 2
    assert len(keys) == 4


def test_borrowed_fits_are_finished_and_strange_ones_are_left(made: Path, tmp_path: Path) -> None:
    plan = open_plan(made / "run")
    new = replace(plan, task=replace(plan.task, run=tmp_path / "new"))
    fixed = made / "run" / ABLATED / "fixed"
    assert borrow(new, {"fixed": fixed}) == 0
    count = len(list((made / "run" / "fits").iterdir()))
    assert borrow(new, {"": made / "run", "fixed": fixed}) == count
    assert borrow(new, {"": made / "run"}) == 0


def test_what_is_no_run_of_a_paper_is_said(made: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not of 'msff'"):
        runs_of("msff", made / "run")
    other = Path(shutil.copytree(made / "run", tmp_path / "other"))
    record = json.loads((other / "run.json").read_text())
    record["recipe"]["name"] = "mine"
    (other / "run.json").write_text(json.dumps(record))
    with pytest.raises(
        UsageError, match=r"no finished run of a paper's recipe \(it is of 'mine'\)"
    ):
        by_paper([other])
    half = Path(shutil.copytree(made / "run", tmp_path / "half"))
    (half / "scores.csv").unlink()
    with pytest.raises(UsageError, match="not finished"):
        runs_of("resnet_lstm", half)

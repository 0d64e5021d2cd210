from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import app
from mien.data.manifest import read_manifest
from mien.errors import UsageError
from mien.training.experiment.smoke_test import few_clips
from mien.training.recipes.catalog import recipe, recipes
from tests.cli.corpus import make_clips


def call(*options: str | Path) -> Result:
    return CliRunner().invoke(app, ["recipes", *map(str, options)])


def test_every_recipe_is_listed_and_shown_with_its_numbers() -> None:
    listed = call("list").output
    assert all(name in listed for name in recipes())
    shown = call("show", "is10_svm").output
    assert "c=10.0" in shown


def test_a_copy_is_a_recipe_of_its_own(tmp_path: Path) -> None:
    done = call("copy", "face_lstm", tmp_path / "mine.py")
    assert done.exit_code == 0
    copied = recipe(str(tmp_path / "mine.py"))
    assert copied.name == "mine"
    assert copied.branches == recipe("face_lstm").branches
    again = call("copy", "face_lstm", tmp_path / "mine.py")
    assert isinstance(again.exception, UsageError)
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["show", "face_lst"], "did you mean 'face_lstm'"),
        (["copy", "face_lstm", "mine.txt"], "a recipe is a Python file"),
        (["show", "nowhere.py"], "no such recipe file"),
    ],
)
def test_wrong_usage_is_one_line(options: list[str], message: str) -> None:
    done = call(*options)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)


def test_a_recipe_is_tried_on_made_up_clips_and_its_bundle_says_the_same() -> None:
    pytest.importorskip("torch")
    done = call("check", "mien")
    assert done.exit_code == 0, done.output
    lines = {line.split()[0]: line.split()[1:] for line in done.output.splitlines()[1:-1]}
    assert set(lines) == {*recipe("mien").branches, *recipe("mien").fusions}
    assert all(one[:2] == ["yes", "yes"] and float(one[2]) < 1e-4 for one in lines.values())
    assert done.output.splitlines()[-1] == "mien: works; nothing of the trial was kept"


def test_a_recipe_that_no_bundle_holds_is_tried_all_the_same() -> None:
    pytest.importorskip("torch")
    done = call("check", "baseline")
    assert done.exit_code == 0, done.output
    assert "lbp_top is made of all faces of a clip at once" in " ".join(done.output.split())


def test_a_trial_takes_clips_of_several_speakers(tmp_path: Path) -> None:
    data = make_clips(tmp_path, speakers=7)
    manifest = read_manifest(few_clips(read_manifest(data), tmp_path))
    assert len(manifest) == 21
    assert {c.split for c in manifest.clips if c.speaker == "s0"} == {"test"}
    assert all(Path(c.path).is_absolute() for c in manifest.clips)
    few = read_manifest(make_clips(tmp_path, speakers=3))
    with pytest.raises(UsageError, match="from each of seven speakers"):
        few_clips(few, tmp_path)


def test_where_nobody_is_named_each_clip_is_of_its_own_speaker(tmp_path: Path) -> None:
    known = read_manifest(make_clips(tmp_path, speakers=7))
    bare = replace(known, clips=tuple(replace(c, speaker="") for c in known.clips))
    manifest = read_manifest(few_clips(bare, tmp_path))
    assert len({c.speaker for c in manifest.clips}) == 7
    assert {c.label for c in manifest.clips} == {"happy", "sad", "angry"}

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import mien
from mien.cli.app import app
from mien.data.manifest import Manifest, write_manifest
from mien.errors import TrainingError, UsageError
from mien.evaluation.cards import ByFolds, card_scores
from mien.evaluation.scores import read_scores
from mien.labels import EMOTIONS
from mien.training.experiment.export import export
from mien.types import Clip
from tests.cli.corpus import make_clips, write_recipe

pytest.importorskip("torch")
pytest.importorskip("onnx")


def call(*options: str | Path) -> Result:
    return CliRunner().invoke(app, [str(o) for o in options])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a small CNN."""
    folder = tmp_path_factory.mktemp("export")
    options = [write_recipe(folder), "--data", make_clips(folder), "--folds", "speaker:2"]
    done = call("train", *options, "--out", folder / "run", "-j", "1")
    assert done.exit_code == 0, done.exception
    return folder / "run"


def card_of(bundle: Path) -> dict[str, object]:
    card: dict[str, object] = json.loads((bundle / "card.json").read_text())["export"]
    return card


def test_the_bundle_says_what_the_training_said(run: Path, tmp_path: Path) -> None:
    done = call("export", run, tmp_path / "bundle")
    assert done.exit_code == 0, done.exception
    (check,) = card_of(tmp_path / "bundle")["checks"]
    assert check["clips"] == 20
    assert check["gap"] < 1e-4
    assert check["changed"] == 0
    assert "not compared, all clips are parts of longer files" in done.output
    (score,) = card_scores(tmp_path / "bundle")
    table = read_scores(run / "scores.csv")
    right = table.systems["voice"].argmax(1) == table.truth
    assert score.accuracy == pytest.approx(right.mean(), abs=1e-4)
    assert score.how == ByFolds(command=f"mien report {run}")
    answer = call("predict", mien.sample(), "--model", tmp_path / "bundle", "--json")
    assert answer.exit_code == 0
    assert json.loads(answer.output)["branches"]["voice"]["present"]


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_what_fewer_bits_cost_is_measured_on_the_reported_clips(
    run: Path, tmp_path: Path, precision: str
) -> None:
    done = call("export", run, tmp_path / "bundle", "--precision", precision)
    assert done.exit_code == 0, done.exception
    card = card_of(tmp_path / "bundle")
    (check,), (loss,) = card["checks"], card["losses"]
    table = read_scores(run / "scores.csv")
    right = table.systems["voice"].argmax(1) == table.truth
    assert loss["n"] == len(right) == 24
    assert loss["whole"] == pytest.approx(right.mean())
    assert abs(loss["reduced"] - loss["whole"]) <= loss["changed"] / loss["n"] + 1e-9
    assert 0 < check["gap"] < 0.2
    weights = run / "fits" / "voice-seed0-final" / "weights.pt"
    assert check["size"] < weights.stat().st_size
    assert f"{precision} %" in done.output
    assert call("predict", mien.sample(), "--model", tmp_path / "bundle").exit_code == 0


@pytest.mark.parametrize("name", ["mien", "face_lstm"])
def test_from_the_file_to_the_answer_nothing_differs(name: str, tmp_path: Path) -> None:
    clips = []
    for n in range(8):  # one picture and one sound under many names: measured once
        shutil.copyfile(mien.sample(), tmp_path / f"{n}.mp4")
        label = ("happy", "sad")[n // 4]
        clips.append(Clip(str(n), f"{n}.mp4", label=label, speaker=f"s{n % 4}", licence="CC0"))
    write_manifest(Manifest("m", tuple(clips), EMOTIONS, tmp_path), tmp_path / "m.csv")
    short = [] if name == "mien" else [f"face.model.schooling.fit.{n}" for n in ("epochs", "steps")]
    few = [part for field in short for part in ("--set", f"{field}=2")]
    options = ["--data", tmp_path / "m.csv", "--folds", "speaker:2", "--set", "inner=2", *few]
    done = call("train", name, *options, "--out", tmp_path / "run", "-j", "1")
    assert done.exit_code == 0, done.exception
    done = call("export", tmp_path / "run", tmp_path / "bundle")
    assert done.exit_code == 0, done.exception
    card = card_of(tmp_path / "bundle")
    assert card["path_clips"] == 5
    assert 0 <= card["path_gap"] < 1e-3
    assert "CC0" in (tmp_path / "bundle" / "LICENSE").read_text()


def test_a_network_that_differs_is_not_exported(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.training.experiment.export.PARITY", 0.0)
    done = call("export", run, tmp_path / "bundle")
    assert isinstance(done.exception, TrainingError)
    assert "nothing was exported" in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_a_network_that_nothing_was_compared_with_is_not_exported(
    run: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"'voice': there is no clip to compare .* nothing was"):
        export(run, tmp_path / "bundle", clips=0)
    assert not list(tmp_path.iterdir())


def test_wrong_usage_is_one_line(run: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    shutil.copytree(run, tmp_path / "cut", ignore=shutil.ignore_patterns("final.json"))
    for options, message in (
        ((run, tmp_path / "full"), "is not empty"),
        ((tmp_path, tmp_path / "new"), "not a run folder"),
        ((tmp_path / "cut", tmp_path / "new"), "the run is not finished"),
        ((run, tmp_path / "new", "--precision", "int4"), "must be fp32, fp16 or int8"),
    ):
        done = call("export", *options)
        assert isinstance(done.exception, UsageError)
        assert message in str(done.exception)

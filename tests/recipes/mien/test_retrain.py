"""The whole default bundle in one command: refusals, and a quick try from beginning to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("torch")

from mien.bundle import load
from mien.cards import card_scores
from mien.cli import app
from mien.errors import TrainingError, UsageError
from mien.recipes.mien.assemble import take
from mien.recipes.mien.place import Place
from mien.recipes.mien.retrain import Retraining, retrain
from mien.verify import verify
from tests.recipes.mien.corpora import few_of_each


def call(*options: str | Path) -> Result:
    return CliRunner().invoke(app, [str(o) for o in options])


def test_a_missing_corpus_is_told_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "fer2013").mkdir()
    with pytest.raises(UsageError, match="no folder ravdess, emodb, java_sed"):
        retrain(Retraining(tmp_path, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_folder_is_for_mien_alone(tmp_path: Path) -> None:
    done = call("train", "is10_svm", "--data", tmp_path, "--out", tmp_path / "out")
    assert isinstance(done.exception, UsageError)
    assert "only 'mien train mien' takes" in str(done.exception)
    done = call(
        "train", "mien", "--data", tmp_path, "--out", tmp_path / "out", "--folds", "speaker"
    )
    assert "give a manifest" in str(done.exception)
    done = call("train", "mien", "--data", tmp_path / "x.csv", "--out", tmp_path / "o", "--quick")
    assert "--size small" in str(done.exception)


def test_what_is_finished_is_not_trained_again(retrained: Path) -> None:
    assert len(list((retrained / "done").iterdir())) == 11
    assert (retrained / "face" / "stage_1" / "log.csv").read_text().count("\n") == 2
    assert not (retrained / "voice" / "sounds").exists()  # nobody listened to the recordings
    bundle = load(retrained / "bundle")
    assert bundle.spec.name == "mien-quick-try"
    # what answers below the threshold are worth was measured, and no limits in a quick try
    assert bundle.spec.ranges.dark is None
    kept = {path.name for path in (retrained / "reports").iterdir()}
    reports = {"face", "voice", "fusion", "clip_models", "training"}
    assert {f"{name}.json" for name in reports} <= kept
    assert {"face_java_sed.csv", "voice_java_sed.csv", "scores", "logs"} <= kept
    assert (retrained / "model_card.md").is_file()


def test_a_folder_with_something_else_is_refused(run: Place, made_data: Path) -> None:
    with pytest.raises(UsageError, match=r"holds a quick try; use another --out$"):
        retrain(Retraining(made_data, run.docs))
    (run.docs / "retrain.json").write_text('{"quick": false}')
    with pytest.raises(UsageError, match=r"holds a whole training; use another --out$"):
        retrain(Retraining(made_data, run.docs, quick=True))
    (run.docs / "retrain.json").unlink()
    (run.docs / "run.json").write_text("{}")
    with pytest.raises(UsageError, match=r"holds a run on a manifest; use another --out$"):
        retrain(Retraining(made_data, run.docs))


def test_a_failed_training_stops_the_rest_and_is_told(made_data: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    (data / "fer2013").mkdir(parents=True)
    (data / "fer2013" / "fer2013.tar.xz").write_bytes(b"damaged")
    for name in ("ravdess", "emodb", "java_sed"):
        (data / name).symlink_to(made_data / name)
    with pytest.raises(UsageError, match=r"fer2013: no ferplus_to_kaggle\.csv\.gz; the face is"):
        retrain(Retraining(data, out, quick=True))
    assert not out.exists()
    votes = made_data / "fer2013" / "ferplus_to_kaggle.csv.gz"
    (data / "fer2013" / votes.name).symlink_to(votes)
    with pytest.raises(TrainingError, match="training of the face failed") as told:
        retrain(Retraining(data, out, quick=True))
    assert "\n" not in str(told.value)
    assert not (out / "done").exists()
    assert not (out / "bundle").exists()


@pytest.mark.slow
@pytest.mark.data
def test_a_quick_try_runs_from_the_corpora_to_the_card(data: Path, tmp_path: Path) -> None:
    few, out = few_of_each(data, tmp_path / "data"), tmp_path / "out"
    done = call("train", "mien", "--data", few, "--out", out, "--quick", "-j", "2")
    assert done.exit_code == 0, done.exception
    assert "worthless" in done.output
    assert load(out / "bundle").spec.name == "mien-quick-try"
    assert {"Java-SED, fused", "FER2013 private test"} <= {
        row.name for row in card_scores(out / "bundle")
    }
    assert "mien-quick-try" in (out / "model_card.md").read_text()
    checks = verify(load(out / "bundle"), few, reports=out / "reports")
    assert {one.verdict for one in checks} == {"same"}, [c for c in checks if c.verdict != "same"]
    with pytest.raises(UsageError, match="must not ship"):
        take(out)
    with pytest.raises(UsageError, match="holds a quick try"):
        retrain(Retraining(few, out))
    assert json.loads((out / "retrain.json").read_text()) == {"quick": True}

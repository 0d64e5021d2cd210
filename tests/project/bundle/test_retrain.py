"""The whole default bundle in one command: refusals, and a quick try from beginning to end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("torch")

from mien.cli.app import app
from mien.errors import TrainingError, UsageError
from mien.evaluation.cards import card_scores
from mien.evaluation.verify import verify
from mien.inference.bundle import load
from project.bundle.assemble import take
from project.bundle.release_paths import ReleasePaths
from project.bundle.retrain import CORPORA, Retraining, main, retrain
from tests.project.bundle.corpora import few_of_each
from tests.project.bundle.made import made_front


def asked(data: Path, out: Path, pretrained: Path, quick: bool = True) -> Retraining:
    return Retraining(data, out, pretrained, jobs=1, quick=quick)


def test_a_missing_corpus_or_front_is_told_before_anything_is_trained(
    made_data: Path, pretrained: Path, tmp_path: Path
) -> None:
    (tmp_path / "fer2013").mkdir()
    with pytest.raises(UsageError, match=r"no folder faces_tw, ravdess, emodb, .*, ased; retrain"):
        retrain(asked(tmp_path, tmp_path / "out", pretrained))
    with pytest.raises(
        UsageError, match=r"no whisper_front\.npz; project/weights/convert_pretrained\.py"
    ):
        retrain(asked(made_data, tmp_path / "out", tmp_path))
    assert not (tmp_path / "out").exists()


def test_folders_are_for_retraining_alone(tmp_path: Path) -> None:
    words = ["train", "mien", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, UsageError)
    assert "'mien data prepare' writes a manifest" in str(done.exception)


def test_what_is_finished_is_not_trained_again(retrained: Path) -> None:
    assert len(list((retrained / "done").iterdir())) == 15
    assert (retrained / "face" / "stage_1" / "log.csv").read_text().count("\n") == 2
    bundle = load(retrained / "bundle")
    assert bundle.spec.name == "mien-quick-try"
    # what answers below the threshold are worth was measured, and no limits in a quick try
    assert bundle.spec.ranges.dark is None
    assert bundle.spec.below is not None
    kept = {path.name for path in (retrained / "reports").iterdir()}
    reports = {"face", "voice", "fusion", "transfer", "training"}
    assert {f"{name}.json" for name in reports} <= kept
    assert {"face_java_sed.csv", "face_faces_tw.csv", "voice_left_out_ased.csv", "logs"} <= kept
    assert {"model_card.md", "trust.md"} <= {path.name for path in retrained.iterdir()}


def test_it_goes_on_without_the_long_steps(
    run: ReleasePaths,
    made_data: Path,
    pretrained: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {path: path.stat().st_mtime_ns for path in (run.docs / "voice").rglob("*.*")}
    sha = load(run.bundle).sha256
    retrain(asked(made_data, run.docs, pretrained))
    told = " ".join(capsys.readouterr().err.split())
    assert "1 of 15: face: done before 2 of 15: voice: done before 3 of 15: face network" in told
    assert {path: path.stat().st_mtime_ns for path in (run.docs / "voice").rglob("*.*")} == before
    assert load(run.bundle).sha256 == sha


def test_a_folder_with_something_else_is_refused(
    run: ReleasePaths, made_data: Path, pretrained: Path
) -> None:
    with pytest.raises(UsageError, match=r"holds a quick try; use another --out$"):
        retrain(asked(made_data, run.docs, pretrained, quick=False))
    (run.docs / "retrain.json").write_text('{"quick": false}')
    with pytest.raises(UsageError, match=r"holds a whole training; use another --out$"):
        retrain(asked(made_data, run.docs, pretrained))
    (run.docs / "retrain.json").unlink()
    (run.docs / "run.json").write_text("{}")
    with pytest.raises(UsageError, match=r"holds a run on a manifest; use another --out$"):
        retrain(asked(made_data, run.docs, pretrained))


def test_a_failed_training_stops_the_rest_and_is_told(
    made_data: Path, pretrained: Path, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    (data / "fer2013").mkdir(parents=True)
    (data / "fer2013" / "fer2013.tar.xz").write_bytes(b"damaged")
    for name in CORPORA[1:]:
        (data / name).symlink_to(made_data / name)
    with pytest.raises(
        UsageError, match=r"fer2013: no ferplus_to_kaggle\.csv\.gz; the face is"
    ) as refused:
        retrain(asked(data, out, pretrained))
    assert "\n" not in str(refused.value)
    assert not out.exists()
    votes = made_data / "fer2013" / "ferplus_to_kaggle.csv.gz"
    (data / "fer2013" / votes.name).symlink_to(votes)
    with pytest.raises(TrainingError, match="training of the face failed") as told:
        retrain(asked(data, out, pretrained))
    assert "\n" not in str(told.value)
    assert not (out / "done").exists()
    assert not (out / "bundle").exists()


@pytest.mark.slow
@pytest.mark.data
def test_a_quick_try_runs_from_the_corpora_to_the_card(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, out = few_of_each(data, tmp_path / "data"), tmp_path / "out"
    front = made_front(tmp_path / "pretrained" / "whisper_front.npz").parent
    words = ["retrain", str(few), str(out), "--pretrained", str(front), "--quick", "--jobs", "2"]
    monkeypatch.setattr(sys, "argv", words)
    main()
    assert load(out / "bundle").spec.name == "mien-quick-try"
    assert {"Java-SED, fused", "FER2013 private test", "ased, voice"} <= {
        row.name for row in card_scores(out / "bundle")
    }
    assert "mien-quick-try" in (out / "model_card.md").read_text()
    checks = verify(load(out / "bundle"), few, reports=out / "reports")
    assert {one.verdict for one in checks} == {"same"}, [c for c in checks if c.verdict != "same"]
    with pytest.raises(UsageError, match="must not ship"):
        take(out)
    assert json.loads((out / "retrain.json").read_text()) == {"quick": True}

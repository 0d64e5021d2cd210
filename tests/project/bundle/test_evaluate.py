"""Scores of the bundle: counted by hand, and fitted on nothing that is reported."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from mien.data.datasets import fer2013
from mien.errors import UsageError
from mien.evaluation.verify.fusion_rows import fusion_table
from mien.evaluation.verify.pictures import face_encoder, outputs
from mien.evaluation.verify.voice_rows import recordings
from mien.fusion.fit_log_pool import temperature
from mien.inference.bundle import default_path, load
from mien.labels import EMOTIONS, FERPLUS
from project.bundle import evaluate
from project.bundle.release_paths import ReleasePaths
from tests.project.bundle.made import made_answers
from tests.project.bundle.made_corpora import ACTORS, COPIES, PICTURES, as_answered


def call(monkeypatch: pytest.MonkeyPatch, place: ReleasePaths, *words: object) -> None:
    said = ["evaluate", *map(str, words), "--run", str(place.docs), "--jobs", "1"]
    monkeypatch.setattr(sys, "argv", said)
    evaluate.main()


def report(place: ReleasePaths, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place.reports / f"{name}.json").read_text())
    return found


def answers(place: ReleasePaths, data: Path, split: str) -> tuple[np.ndarray, fer2013.Fer2013]:
    pictures = fer2013.load(data / "fer2013")[split]
    return outputs(face_encoder(load(place.bundle)), pictures.pictures)["fer2013"], pictures


@pytest.mark.slow
def test_the_face_is_right_as_often_as_counted(
    run: ReleasePaths, made_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run.reports / "face.json").unlink()
    (run.docs / "reliability.svg").unlink()
    call(monkeypatch, run, "face", made_data / "fer2013")
    found = report(run, "face")
    said, private = answers(run, made_data, "PrivateTest")
    right = said.argmax(1) == private.labels
    rows = found["rows"]
    whole = rows["FER2013 private test"]
    assert (whole["n"], whole["accuracy"]) == (PICTURES, round(right.mean(), 6))
    fresh = rows["FER2013 private test, no copies of training pictures"]
    assert fresh["n"] == PICTURES - COPIES
    assert fresh["accuracy"] == round(right[COPIES:].mean(), 6)
    voted = rows["FER+ majority, private test"]
    assert voted["n"] == PICTURES - PICTURES // 6  # every sixth picture has no majority
    assert len(voted["recalls"]) == len(FERPLUS)
    assert (run.docs / "reliability.svg").is_file()


def test_the_temperature_is_not_fitted_on_the_pictures_that_are_reported(
    made_data: Path, tmp_path: Path
) -> None:
    # Right on PublicTest alone, so that a fit on the other gives another temperature.
    place = ReleasePaths(default_path(), tmp_path / "reports", tmp_path, tmp_path)
    as_answered(made_data / "fer2013", tmp_path / "fer2013", load(), ["PublicTest"])
    evaluate.face(tmp_path / "fer2013", place)
    fitted = {}
    for split in ("PublicTest", "PrivateTest"):
        said, pictures = answers(place, tmp_path, split)
        fitted[split] = round(temperature(said, pictures.labels), 4)
    assert report(place, "face")["temperature"] == fitted["PublicTest"] != fitted["PrivateTest"]


def test_the_voice_is_scored_from_its_stored_answers(
    run: ReleasePaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, run, "voice")
    rows = report(run, "voice")["rows"]
    heard = recordings(run.reports / "voice_java_sed.csv")
    right = (heard.answers == heard.labels).mean()
    row = rows["Java-SED sound, unseen actors"]
    assert (row["n"], row["accuracy"]) == (len(ACTORS) * 3 + 2, round(right, 6))
    assert row["recalls"][EMOTIONS.index("disgust")] is None
    said = capsys.readouterr().out
    assert "against openSMILE IS10 and an SVM: not scored here" in said
    assert "RAVDESS speech, unseen actors, telephone" in said


def test_face_and_voice_are_counted_together(
    run: ReleasePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(monkeypatch, run, "fusion")
    found, table = report(run, "fusion"), fusion_table(run.reports)
    for name, said in table.systems.items():
        right = said.argmax(1) == table.truth
        assert found["rows"][f"Java-SED, {name}"]["accuracy"] == round(right.mean(), 6)
    right = {n: s.argmax(1) == table.truth for n, s in table.systems.items()}
    only, lost = (right["fused"] & ~right["face"]).sum(), (right["face"] & ~right["fused"]).sum()
    assert found["fused against face"].startswith(
        f"only fused right {only}, only face right {lost}, "
    )
    assert len(found["risk"]) == 100
    assert found["risk"][-1] == round(1 - right["fused"].mean(), 4)


def test_the_answers_for_an_actor_do_not_hang_on_what_that_actor_showed(run: ReleasePaths) -> None:
    before = fusion_table(run.reports)
    hidden = ACTORS[0]
    for name in ("face_java_sed.csv", "voice_java_sed.csv"):
        path = run.reports / name
        with path.open(newline="") as stream:
            lines = list(csv.DictReader(stream))
        for line in lines:
            if line["speaker"] == hidden:
                line["label"] = "surprise"
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
    after = fusion_table(run.reports)
    mine = np.array(before.speakers) == hidden
    assert mine.any()
    assert (after.truth[mine] == EMOTIONS.index("surprise")).all()
    np.testing.assert_array_equal(before.systems["fused"][mine], after.systems["fused"][mine])
    fold = before.fold[mine][0]
    others = before.fold != fold
    assert not np.array_equal(before.systems["fused"][others], after.systems["fused"][others])


def test_the_score_is_the_mean_of_the_rows(
    run: ReleasePaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_answers(run.reports)
    call(monkeypatch, run, "transfer")
    found = report(run, "transfer")
    alone = {t: r["accuracy"] for t, r in found["rows"].items() if " and " not in t}
    assert list(alone) == [
        *["java_sed, face", "faces_tw, face", "ravdess, voice", "emodb, voice"],
        *["java_sed, voice", "nemo, voice", "ased, voice"],
    ]
    table = fusion_table(run.reports)
    folds = (table.systems["fused"].argmax(1) == table.truth).mean()
    assert found["score"] == pytest.approx(np.mean([*alone.values(), folds]), abs=1e-4)
    assert f"by folds: {found['score']:.4f}" in " ".join(capsys.readouterr().out.split())
    for row in found["rows"].values():
        assert row["reliable_right"] <= row["reliable"] <= row["n"]
        assert row["accuracy"] <= row["among_its_classes"]
    assert sum(found["weights"].values()) == pytest.approx(1)
    assert set(found["temperatures"]) == {"face", "voice", "face+voice"}
    assert set(found["reliable_from"]) == {"face", "voice", "face+voice"}
    assert all(0.25 <= least <= 1 for least in found["reliable_from"].values())


def test_a_corpus_or_scores_that_are_missing_are_named(
    run: ReleasePaths,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for what in ("face", "faces"):
        with pytest.raises(SystemExit, match="2"):
            call(monkeypatch, run, what)
        assert f"{what} needs the folder of a corpus" in capsys.readouterr().err
    with pytest.raises(UsageError, match=r"fer2013\.tar\.xz: not found"):
        evaluate.face(tmp_path, run)
    (run.reports / "face_java_sed.csv").unlink()
    for work in (evaluate.fusion, evaluate.transfer):
        with pytest.raises(UsageError, match=r"face_java_sed\.csv: cannot be read") as told:
            work(run)
        assert "\n" not in str(told.value)

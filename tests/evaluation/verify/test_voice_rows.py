"""Rows of the voice from stored scores, worked out by hand where that can be done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.data.datasets.speech_corpora import LANGUAGES
from mien.evaluation.verify.voice_rows import against_before, against_svm, recordings, voice_rows
from mien.labels import EMOTIONS
from tests.project.bundle.made import made_voices, said, write_said


def test_lines_are_averaged_and_silent_recordings_count_as_neutral(tmp_path: Path) -> None:
    first, second = said(2, True), said(3, True)
    rows = [["a", 0, "01", "fear", "x", *first], ["a", 0, "01", "fear", "y", *second]]
    rows.append(["b", 1, "02", "sad", "y", *[""] * 7])
    write_said(tmp_path / "t.csv", rows, "alteration")
    found = recordings(tmp_path / "t.csv")
    assert found.ids.tolist() == ["a", "b"]
    np.testing.assert_allclose(found.rows[0], (np.array(first) + second) / 2)
    assert np.isnan(found.rows[1]).all()
    assert found.answers[1] == EMOTIONS.index("neutral")
    some = recordings(tmp_path / "t.csv", {"alteration": "x"})
    assert some.ids.tolist() == ["a"]
    np.testing.assert_allclose(some.rows[0], first)


def test_every_row_has_the_n_and_the_recall_that_was_put_in(tmp_path: Path) -> None:
    rows = voice_rows(made_voices(tmp_path))
    whole = rows["RAVDESS speech, unseen actors"][0]
    assert whole.n == 84
    assert whole.accuracy == pytest.approx(0.75)
    assert rows["RAVDESS, women"][0].n + rows["RAVDESS, men"][0].n == 84
    left_out = [title for title in rows if "trained on the four other corpora" in title]
    assert len(left_out) == len(LANGUAGES)
    assert "ASED (Amharic), trained on the four other corpora" in left_out
    altered = rows["RAVDESS speech, unseen actors, telephone"]
    assert (altered[0].n, altered[1]) == (84, None)
    assert rows["RAVDESS speech, unseen actors"][1] is not None
    assert not any("IS10" in title for title in rows)
    assert against_svm(tmp_path) == "not scored here"


def test_the_svm_is_compared_on_the_recordings_of_both(tmp_path: Path) -> None:
    made_voices(tmp_path)
    rows = [
        [f"Actor/{k:02}", k % 6, f"0{1 + k % 3}", EMOTIONS.names[k % 7], 0, *said(k % 7, k % 2 > 0)]
        for k in range(90)
    ]
    write_said(tmp_path / "voice_is10_svm.csv", rows, "seed")
    # of 84 both are wrong on every fourth, the SVM alone on the other even ones
    assert against_svm(tmp_path).startswith("only the encoder right 21, only the SVM right 0")
    assert voice_rows(tmp_path)["openSMILE IS10 + SVM, RAVDESS speech, unseen actors"][0].n == 84


def test_the_bundle_before_is_compared_on_the_recordings_of_both(tmp_path: Path) -> None:
    made_voices(tmp_path)
    assert against_before(tmp_path) == {}
    rows = [
        [f"{k:02}", k % 6, "01", EMOTIONS.names[k % 7], start, *said(k % 7, k % 3 > 0)]
        for k in range(60)
        for start in (0.0, 0.5)  # windows, as it was scored then
    ]
    write_said(tmp_path / "before" / "voice_ravdess.csv", rows, "start")
    # of 60 now every fourth is wrong, and then every third: both every twelfth
    found = against_before(tmp_path)
    assert list(found) == ["voice_ravdess"]
    assert found["voice_ravdess"].startswith("only right now 15, only right before 10, ")

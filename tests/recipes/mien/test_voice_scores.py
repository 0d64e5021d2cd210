"""Rows of the voice from stored scores, worked out by hand where that can be done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.labels import EMOTIONS
from mien.recipes.mien.voice_scores import against_svm, recordings, voice_rows
from mien.recipes.mien.voice_seeds import folder_of, seeds_say, write_seeds
from tests.recipes.mien.made import made_voices, said, write_said


def test_windows_are_averaged_and_silent_recordings_count_as_neutral(tmp_path: Path) -> None:
    first, second = said(2, True), said(3, True)
    rows = [["a", 0, "01", "fear", 0.0, *first], ["a", 0, "01", "fear", 0.5, *second]]
    rows.append(["b", 1, "02", "sad", "", *[""] * 7])
    write_said(tmp_path / "t.csv", "start", rows)
    found = recordings(tmp_path / "t.csv")
    assert found.ids.tolist() == ["a", "b"]
    np.testing.assert_allclose(found.rows[0], (np.array(first) + second) / 2)
    assert np.isnan(found.rows[1]).all()
    assert found.answers[1] == EMOTIONS.index("neutral")


def test_every_row_has_the_n_and_the_recall_that_was_put_in(tmp_path: Path) -> None:
    rows = voice_rows(made_voices(tmp_path))
    whole = rows["RAVDESS speech, unseen actors"][0]
    assert whole.n == 84
    assert whole.accuracy == pytest.approx(0.75)
    assert rows["RAVDESS speech, three folds never looked at while choosing"][0].n == 42
    assert rows["RAVDESS, women"][0].n + rows["RAVDESS, men"][0].n == 84
    assert sum("trained on the two other corpora" in title for title in rows) == 3
    assert {"RAVDESS speech, unseen actors, telephone"} <= set(rows)
    assert not any("IS10" in title for title in rows)
    assert against_svm(tmp_path) == "not scored here"


def test_the_svm_is_compared_on_the_recordings_of_both(tmp_path: Path) -> None:
    made_voices(tmp_path)
    rows = [
        [f"Actor/{k:02}", k % 6, f"0{1 + k % 3}", EMOTIONS.names[k % 7], 0, *said(k % 7, k % 2 > 0)]
        for k in range(90)
    ]
    write_said(tmp_path / "voice_is10_svm.csv", "seed", rows)
    # of 84 both are wrong on every fourth, the SVM alone on the other even ones
    assert against_svm(tmp_path).startswith("only the encoder right 21, only the SVM right 0")
    assert voice_rows(tmp_path)["openSMILE IS10 + SVM, RAVDESS speech, unseen actors"][0].n == 84


def test_seeds_are_told_with_mean_and_deviation(tmp_path: Path) -> None:
    made_voices(folder_of(tmp_path, 0), wrong=4)
    made_voices(folder_of(tmp_path, 1), wrong=2)
    write_seeds(tmp_path, 2)
    told = seeds_say(tmp_path)["RAVDESS speech, unseen actors"]
    assert told.startswith("accuracy 62.5 +- 17.7")
    assert told.endswith("(2 seeds, n 84)")
    assert seeds_say(tmp_path / "elsewhere") == {}

"""Stored scores of windows and faces, read as clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.errors import UsageError
from mien.recipes.mien.clip_data import clip_means, from_reports
from tests.recipes.mien.made import made_scores


def test_windows_are_averaged_and_empty_ones_are_absent(tmp_path: Path) -> None:
    classes = "angry,disgust,fear,happy,neutral,sad,surprise"
    lines = ["b,0,01,sad,0.0,-1,-2,-3,-4,-5,-6,-7", "b,0,01,sad,0.5,-3,-2,-1,-4,-5,-6,-9"]
    lines += ["a,1,02,happy,,,,,,,,"]
    path = tmp_path / "x.csv"
    path.write_text("\n".join([f"id,fold,speaker,label,start,{classes}", *lines]) + "\n")
    found = clip_means(path)
    assert found.ids == ("a", "b")
    assert found.speakers == ("02", "01")
    assert found.labels.tolist() == [3, 5]
    assert np.isnan(found.rows[0]).all()
    np.testing.assert_allclose(found.rows[1], [-2, -2, -2, -4, -5, -6, -8])


def test_both_branches_of_the_same_clips(tmp_path: Path) -> None:
    data = from_reports(made_scores(tmp_path, absent=2), JAVA_SED_FOLDS)
    assert len(data.ids) == 96
    assert sorted(np.bincount(data.fold).tolist()) == [24, 24, 24, 24]
    parts = data.encoded()
    assert parts["face"].present.all()
    assert (~parts["voice"].present).sum() == 2


def test_a_clip_without_a_row_of_its_voice_is_named(tmp_path: Path) -> None:
    made_scores(tmp_path)
    path = tmp_path / "voice_java_sed.csv"
    kept = [line for line in path.read_text().splitlines() if not line.startswith("video/03-0,")]
    path.write_text("\n".join(kept) + "\n")
    with pytest.raises(UsageError, match="no clip 'video/03-0'"):
        from_reports(tmp_path, JAVA_SED_FOLDS)
    path.unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        from_reports(tmp_path, JAVA_SED_FOLDS)

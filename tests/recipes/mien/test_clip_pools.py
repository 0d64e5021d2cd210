"""Pools by actor folds: what is there counts, and nobody learns from who is asked about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.recipes.mien.clip_data import ClipData, from_reports
from mien.recipes.mien.clip_models import FIXED_POOLS
from mien.recipes.mien.clip_pools import fit_fixed
from tests.recipes.mien.made import made_scores


def data_of(folder: Path) -> ClipData:
    return from_reports(made_scores(folder), JAVA_SED_FOLDS)


def test_face_only_voice_only_and_neither(tmp_path: Path) -> None:
    data = data_of(tmp_path)
    data.parts["face"][1] = np.nan  # and the voice is absent there too
    fits = fit_fixed(data, tmp_path / "fits")
    assert set(fits.systems) == {"face", "voice", *FIXED_POOLS}
    for name in FIXED_POOLS:
        rows = fits.systems[name]
        assert np.isfinite(rows[0]).all()
        assert np.isnan(rows[1]).all()
        no_voice, no_face = fits.without["voice"][name], fits.without["face"][name]
        assert np.isfinite(np.delete(no_voice, 1, 0)).all()
        assert np.isnan(no_face[:2]).all()
        assert np.isfinite(no_face[2:]).all()
        np.testing.assert_array_equal(
            np.delete(no_voice, 1, 0).argmax(1), np.delete(fits.systems["face"], 1, 0).argmax(1)
        )


def test_how_many_numbers_are_fitted(tmp_path: Path) -> None:
    numbers = fit_fixed(data_of(tmp_path), tmp_path / "fits").numbers
    # one weight and three temperatures; one weight and a temperature; a temperature
    assert numbers == {"log-opinion pool": 4, "weighted mean": 2, "mean": 1}


def test_a_fold_does_not_learn_from_its_own_labels(tmp_path: Path) -> None:
    data = data_of(tmp_path)
    before = fit_fixed(data, tmp_path / "a").systems["log-opinion pool"]
    mine = data.fold == 2
    shuffled = np.where(mine, np.roll(data.labels, 5), data.labels)
    after = fit_fixed(replace(data, labels=shuffled), tmp_path / "b").systems["log-opinion pool"]
    np.testing.assert_array_equal(before[mine], after[mine])
    assert not np.allclose(before[~mine][2:], after[~mine][2:], equal_nan=True)

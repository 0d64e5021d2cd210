"""Recordings as the voice training sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mien
from mien.datasets.speech_corpora import Utterance
from mien.features.log_mel import BANDS
from mien.features.speech_functionals import SIZE
from mien.features.voice_windows import windows_of
from mien.media import read_sound
from mien.recipes.mien.voice_data import ALTERATIONS, COPIES, Sounds, coloured, prepare_all

ONE = Utterance("video/a-b", mien.sample(), "happy", "01", "java_sed")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sounds]:
    folder = tmp_path_factory.mktemp("sounds")
    (found,) = prepare_all([ONE], folder, 1, "java_sed")
    return folder, found


def test_a_recording_is_described_in_versions_and_in_windows(kept: tuple[Path, Sounds]) -> None:
    _, found = kept
    assert found.learnt.shape == (2 * (1 + COPIES), SIZE)
    assert np.isfinite(found.learnt).all()
    assert len(np.unique(found.learnt[:, 0])) == len(found.learnt)
    expected = windows_of(read_sound(mien.sample()), "speech_functionals")
    np.testing.assert_allclose(found.windows, np.stack([row for _, row in expected]), atol=1e-5)
    np.testing.assert_array_equal(found.starts, [start for start, _ in expected])
    assert set(found.altered) == set(ALTERATIONS)
    assert all(rows.shape[1] == SIZE for rows in found.altered.values() if len(rows))


def test_what_was_read_once_is_kept(kept: tuple[Path, Sounds]) -> None:
    folder, found = kept
    (path,) = folder.iterdir()
    before = path.stat().st_mtime_ns
    (again,) = prepare_all([ONE], folder, 1, "java_sed")
    assert path.stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.learnt, found.learnt)
    assert set(again.altered) == set(found.altered)


def test_another_microphone_colours_smoothly() -> None:
    logs = np.zeros((20, BANDS), np.float32)
    found = coloured(logs, np.random.default_rng(1))
    assert found.shape == logs.shape
    assert np.abs(np.diff(found, axis=1)).max() < 0.5  # a smooth gain, the same at all times
    np.testing.assert_allclose(found, np.broadcast_to(found[0], found.shape), atol=1e-5)
    assert found.std() > 0.05

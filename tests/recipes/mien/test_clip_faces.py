"""Faces of Java-SED's clips: whose they are, what the bundle says of them, and what is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import mien
from mien.bundle import load
from mien.errors import UsageError
from mien.recipes.mien.clip_data import clip_means
from mien.recipes.mien.clip_faces import score_faces, video_clips
from mien.recipes.mien.place import Place
from tests.conftest import numbered, write_clip
from tests.recipes.mien.made_corpora import ACTORS


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The bundle that ships, at another place."""
    here = Place.of_run(tmp_path / "run")
    shutil.copytree(mien.bundle.default_path(), here.bundle)
    return here


def few(data: Path, folder: Path) -> Path:
    """Links to two clips."""
    root = folder / "java_sed" / "video"
    root.mkdir(parents=True)
    for name in ("01-01-02_01.mp4", "06-01-03_01.mp4"):
        (root / name).symlink_to(data / "java_sed" / "video" / name)
    return root


def test_clips_with_a_picture_are_taken_by_their_names(made_data: Path) -> None:
    clips = video_clips(made_data).clips
    assert [c.id for c in clips] == sorted(c.id for c in clips)
    assert len(clips) == 3 * len(ACTORS)
    assert all(c.id == f"video/{c.speaker}-01-{c.id[-5:]}" for c in clips)
    shown = {"02_01": "sad", "03_01": "happy", "06_01": "angry"}
    assert all(c.label == shown[c.id[-5:]] for c in clips)
    with pytest.raises(UsageError, match="does not look like Java-SED"):
        video_clips(made_data / "emodb")


def test_the_stored_scores_are_those_of_the_bundle(
    made_data: Path, place: Place, tmp_path: Path, portrait: NDArray[np.uint8]
) -> None:
    root = few(made_data, tmp_path)
    (root / "06-01-03_01.mp4").unlink()
    mixed = [portrait] * 3 + [np.full_like(portrait, 90)] * 3  # a face at first
    write_clip(root / "06-01-03_01.mp4", mixed, [k / 4 for k in range(6)])
    write_clip(root / "09-01-03_01.mp4", numbered(2), [0.0, 0.25])  # without a face
    faces = score_faces(root.parent, place, 1)
    stored = clip_means(place.reports / "face_java_sed.csv")
    assert stored.ids == ("video/01-01-02_01", "video/06-01-03_01", "video/09-01-03_01")
    assert stored.speakers == ("01", "06", "09")
    assert np.isnan(stored.rows[2]).all()
    assert np.isnan(faces.means[2]).all()
    bundle = load(place.bundle)
    temperature = bundle.spec.branches["face"].temperature
    for row, path in zip(stored.rows[:2], sorted(root.glob("0[16]*")), strict=True):
        told = mien.analyze(path, model=bundle).branches["face"].probabilities
        assert told is not None
        expected = np.exp(row / temperature) / np.exp(row / temperature).sum()
        np.testing.assert_allclose(list(told.values()), expected, atol=2e-4)
    np.testing.assert_allclose(faces.means[:2, -7:], stored.rows[:2], atol=5e-5)
    assert faces.embeddings.shape == (3, faces.means.shape[1] - 7)


def test_what_was_measured_once_is_not_measured_again(
    made_data: Path, place: Place, tmp_path: Path
) -> None:
    root = few(made_data, tmp_path)
    first = score_faces(root.parent, place, 1)
    kept = {p: p.stat().st_mtime_ns for p in first.store.rglob("*.parquet")}
    assert kept
    again = score_faces(root.parent, place, 1)
    assert {p: p.stat().st_mtime_ns for p in again.store.rglob("*.parquet")} == kept
    np.testing.assert_array_equal(first.means, again.means)


def test_a_clip_that_cannot_be_read_is_named(made_data: Path, place: Place, tmp_path: Path) -> None:
    root = few(made_data, tmp_path)
    (root / "09-01-03_01.mp4").write_bytes(b"no clip")
    with pytest.raises(UsageError, match=r"^video/09-01-03_01: ") as told:
        score_faces(root.parent, place, 1)
    assert "\n" not in str(told.value)
    assert not (place.reports / "face_java_sed.csv").exists()

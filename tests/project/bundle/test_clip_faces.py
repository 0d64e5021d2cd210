"""Faces of corpora never seen: whose they are, what the bundle says of them, and what is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import mien
from mien.errors import UsageError
from mien.evaluation.verify.clip_scores import clip_means
from mien.inference.bundle import load
from mien.labels import EMOTIONS
from project.bundle.clip_faces import clips_with_faces, score_faces
from project.bundle.release_paths import ReleasePaths
from tests.conftest import numbered, write_clip
from tests.project.bundle.made_corpora import ACTORS, PERFORMERS, SHOWN


@pytest.fixture
def place(tmp_path: Path) -> ReleasePaths:
    """The bundle that ships, at another place."""
    here = ReleasePaths.of_run(tmp_path / "run")
    shutil.copytree(mien.inference.bundle.default_path(), here.bundle)
    return here


def few(data: Path, folder: Path) -> Path:
    """Links to two clips; the folder of the corpora."""
    root = folder / "java_sed" / "video"
    root.mkdir(parents=True)
    for name in ("01-01-02_01.mp4", "06-01-03_01.mp4"):
        (root / name).symlink_to(data / "java_sed" / "video" / name)
    return folder


def test_clips_with_a_picture_are_taken_by_their_names(made_data: Path) -> None:
    clips = clips_with_faces("java_sed", made_data / "java_sed").clips
    assert [c.id for c in clips] == sorted(c.id for c in clips)
    assert len(clips) == len(SHOWN) * len(ACTORS)
    assert all(c.id == f"video/{c.speaker}-01-{c.id[-5:]}" for c in clips)
    assert all(c.label == SHOWN[c.id[-5:-3]] for c in clips)
    with pytest.raises(UsageError, match="does not look like Java-SED"):
        clips_with_faces("java_sed", made_data / "emodb")


def test_pictures_of_performers_are_clips_too(made_data: Path, place: ReleasePaths) -> None:
    score_faces(made_data, place, 1, ["faces_tw"])
    stored = clip_means(place.reports / "face_faces_tw.csv")
    assert len(stored.ids) == 3 * len(PERFORMERS)
    assert set(stored.speakers) == set(PERFORMERS)
    assert {EMOTIONS.names[k] for k in stored.labels} == set(SHOWN.values())
    assert np.isfinite(stored.rows).all()


def test_the_stored_scores_are_those_of_the_bundle(
    made_data: Path, place: ReleasePaths, tmp_path: Path, portrait: NDArray[np.uint8]
) -> None:
    root = few(made_data, tmp_path) / "java_sed" / "video"
    (root / "06-01-03_01.mp4").unlink()
    mixed = [portrait] * 3 + [np.full_like(portrait, 90)] * 3  # a face at first
    write_clip(root / "06-01-03_01.mp4", mixed, [k / 4 for k in range(6)])
    write_clip(root / "09-01-03_01.mp4", numbered(2), [0.0, 0.25])  # without a face
    score_faces(tmp_path, place, 1, ["java_sed"])
    stored = clip_means(place.reports / "face_java_sed.csv")
    assert stored.ids == ("video/01-01-02_01", "video/06-01-03_01", "video/09-01-03_01")
    assert stored.speakers == ("01", "06", "09")
    assert np.isnan(stored.rows[2]).all()
    bundle = load(place.bundle)
    temperature = bundle.spec.branches["face"].temperature
    for row, path in zip(stored.rows[:2], sorted(root.glob("0[16]*")), strict=True):
        told = mien.analyze(path, model=bundle).branches["face"].probabilities
        assert told is not None
        expected = np.exp(row / temperature) / np.exp(row / temperature).sum()
        np.testing.assert_allclose(list(told.values()), expected, atol=2e-4)


def test_what_was_measured_once_is_not_measured_again(
    made_data: Path, place: ReleasePaths, tmp_path: Path
) -> None:
    root, table = few(made_data, tmp_path), place.reports / "face_java_sed.csv"
    score_faces(root, place, 1, ["java_sed"])
    kept = {p: p.stat().st_mtime_ns for p in (place.work / "features").rglob("*.parquet")}
    first = table.read_bytes()
    assert kept
    score_faces(root, place, 1, ["java_sed"])
    after = {p: p.stat().st_mtime_ns for p in (place.work / "features").rglob("*.parquet")}
    assert after == kept
    assert table.read_bytes() == first


def test_a_clip_that_cannot_be_read_is_named(
    made_data: Path, place: ReleasePaths, tmp_path: Path
) -> None:
    root = few(made_data, tmp_path)
    (root / "java_sed" / "video" / "09-01-03_01.mp4").write_bytes(b"no clip")
    with pytest.raises(UsageError, match=r"^video/09-01-03_01: ") as told:
        score_faces(root, place, 1, ["java_sed"])
    assert "\n" not in str(told.value)
    assert not (place.reports / "face_java_sed.csv").exists()

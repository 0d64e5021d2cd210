"""Clip models that are trained: nobody is asked about a clip whose actor they learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from mien.bundle import load
from mien.datasets import fer2013
from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.labels import EMOTIONS
from mien.manifest import read_manifest, write_manifest
from mien.recipes.mien.clip_data import ClipData, from_reports
from mien.recipes.mien.clip_faces import Faces, score_faces
from mien.recipes.mien.clip_fits import (
    Pictures,
    _fit_head,
    _held_faces,
    _pool_on_pictures,
    fit_trained,
)
from mien.recipes.mien.clip_models import HEADS, POOL, TRAINED_POOLS
from mien.recipes.mien.clip_pools import fit_fixed
from mien.recipes.mien.place import Place
from mien.scores import read_scores
from tests.recipes.mien.made import short_fits
from tests.recipes.mien.made_corpora import ACTORS

HEAD, TREE = "attention pooling", "score tree"

Made = tuple[ClipData, Faces, Pictures, Place]


@pytest.fixture
def made(run: Place, made_data: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """One head and one pool of two steps, and what they learn from."""
    short_fits(monkeypatch)
    for table, kept in ((HEADS, HEAD), (TRAINED_POOLS, TREE)):
        for name in set(table) - {kept}:
            monkeypatch.delitem(table, name)
    faces = score_faces(made_data, run, 1)
    private = fer2013.load(made_data / "fer2013")["PrivateTest"]
    pictures = Pictures.of(load(run.bundle), private)
    return from_reports(run.reports, JAVA_SED_FOLDS), faces, pictures, run


def relabelled(made: Made, mine: Callable[[str], bool], folder: Path) -> Made:
    """The same clips, of which those of some actors are said to show disgust."""
    data, faces, pictures, place = made
    folder.mkdir()
    clips = tuple(
        replace(c, label="disgust") if mine(c.speaker) else c for c in faces.manifest.clips
    )
    write_manifest(replace(faces.manifest, clips=clips), folder / "clips.csv")
    manifest = read_manifest(folder / "clips.csv")
    labels = np.array([EMOTIONS.index(c.label) for c in manifest.clips])
    other = replace(faces, table=folder / "clips.csv", manifest=manifest)
    return replace(data, labels=labels), other, pictures, replace(place, work=folder / "work")


def test_no_fold_learns_from_the_labels_of_its_own_actors(made: Made, tmp_path: Path) -> None:
    out = JAVA_SED_FOLDS[1]
    other = relabelled(made, lambda speaker: speaker in out, tmp_path / "other")
    (before, _), (after, _) = (fit_trained(*one, seeds=(0,), jobs=1) for one in (made, other))
    mine = np.array([speaker in out for speaker in made[0].speakers])
    assert set(before[0].systems) == {HEAD, TREE}
    for name, rows in before[0].systems.items():
        assert np.isfinite(rows).all()
        np.testing.assert_array_equal(rows[mine], after[0].systems[name][mine])
        assert not np.array_equal(rows[~mine], after[0].systems[name][~mine])
        for branch in ("face", "voice"):
            first, second = before[0].without[branch][name], after[0].without[branch][name]
            np.testing.assert_array_equal(first[mine], second[mine])


def test_the_pool_is_fitted_on_what_was_said_of_unheard_actors(made: Made, tmp_path: Path) -> None:
    actor = ACTORS[2]
    other = relabelled(made, lambda speaker: speaker == actor, tmp_path / "other")
    before, after = (
        _held_faces(_fit_head(HEAD, faces, place, (0,), 1), 0)
        for _, faces, _, place in (made, other)
    )
    mine = np.array([speaker == actor for speaker in made[0].speakers])
    assert sorted(before) == [0, 1, 2, 3]
    for fold, rows in before.items():
        assert np.isfinite(rows).all()
        np.testing.assert_array_equal(rows[mine], after[fold][mine])
    assert any(not np.array_equal(rows, after[fold]) for fold, rows in before.items())


def test_seeds_differ_and_repeat_and_numbers_are_counted(made: Made) -> None:
    found, elsewhere = fit_trained(*made, seeds=(0, 1), jobs=1)
    before = read_scores(made[3].reports / "scores" / "clip_models.csv")  # of the same seed
    for name in (HEAD, TREE):
        np.testing.assert_allclose(found[0].systems[name], before.systems[name], atol=1e-5)
        assert not np.array_equal(found[0].systems[name], found[1].systems[name])
        assert 0 <= elsewhere[name] <= 1
    # norm and query over 263 numbers of a face, 7 classes with offsets, and the pool's own four
    assert found[0].numbers[HEAD] == 3 * 263 + 7 * (263 + 1) + 4


def test_on_pictures_a_pool_is_as_right_as_the_encoder_alone(made: Made, tmp_path: Path) -> None:
    data, _, pictures, _ = made
    draw = np.random.default_rng(0)
    rows = np.log(draw.dirichlet(np.ones(7), 20)).astype(np.float32)
    some = Pictures(np.hstack([np.zeros((20, 256), np.float32), rows]), rows.argmax(1))
    some.labels[:5] = (some.labels[:5] + 1) % 7
    assert some.alone == 0.75
    for fused in fit_fixed(data, tmp_path).joints[POOL]:
        assert _pool_on_pictures(fused, some) == 0.75
        assert _pool_on_pictures(fused, pictures) == pictures.alone

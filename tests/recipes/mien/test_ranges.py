"""Limits as they are measured; the figures themselves are in reports/ranges.json."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mien
from mien.bundle import default_path
from mien.features.face_quality import face_quality
from mien.labels import LabelSet
from mien.recipes.mien.range_faces import DAMAGES, _crossing
from mien.recipes.mien.ranges import below, warned
from mien.scores import ScoreTable
from tests.conftest import tone, write_sound


def test_the_cost_of_damage_begins_between_two_levels() -> None:
    assert _crossing([100, 50, 20], [0.7, 0.68, 0.6], 0.65) == pytest.approx(50 - 30 * 3 / 8)
    assert _crossing([100, 50], [0.7, 0.69], 0.65) == 50


@pytest.mark.parametrize("name", DAMAGES)
def test_more_damage_moves_the_measure_further(name: str) -> None:
    coarse = np.random.default_rng(0).integers(80, 180, (4, 12, 12)).astype(np.uint8)
    pictures = coarse.repeat(4, 1).repeat(4, 2)
    measure, damage, levels = DAMAGES[name]
    found = [pictures, *(damage(pictures, level) for level in levels)]
    values = [getattr(face_quality(p), measure).mean() for p in found]
    steps = np.diff(values) * (1 if name == "bright" else -1)
    assert (steps[1:] >= -0.01).all()
    assert steps.sum() > 0.1


def test_answers_below_the_threshold_are_counted() -> None:
    labels = LabelSet("two", ("no", "yes"))
    said = np.array([[0.9, 0.1], [0.6, 0.4], [0.45, 0.55], [0.3, 0.7], [0.4, 0.6]])
    table = ScoreTable(
        labels,
        tuple("abcde"),
        tuple("abcde"),
        np.array([0, 0, 0, 1, 1]),
        np.zeros(5, np.int64),
        np.zeros(5, np.int64),
        {"fused": np.log(said)},
    )
    found = below(table, 0.65)
    assert found is not None
    assert (found.n, found.right) == (3, 0.6667)
    assert below(table, 0.5) is None


def test_clips_with_a_warning_are_counted(tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "a.wav", tone(2), 16_000, "mono", "pcm_s16le")
    broken = tmp_path / "b.mp4"
    broken.write_bytes(b"nothing")
    found = warned([mien.sample(), sound, broken], default_path(), 1)
    assert (found["n"], found["tones"], found["no_voice"], found["uncertain"]) == (2, 1, 1, 1)
    assert found["dark_face"] == 0

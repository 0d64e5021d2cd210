from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.training.learners.clip_set import ClipSet
from mien.training.learners.mlp import MlpLearner
from mien.training.papers.losses import curves
from mien.training.recipes.catalog import recipe
from mien.training.recipes.declaration import Mlp
from mien.types import Features


def clips() -> ClipSet:
    """Seven classes, each with a mean of its own in 40 numbers."""
    draw, labels = np.random.default_rng(0), np.arange(70) % 7
    centres = draw.normal(size=(7, 40))
    rows = (centres[labels] + 0.5 * draw.normal(size=(70, 40))).astype(np.float32)
    found = tuple(Features(row[None], np.zeros(1), np.ones(1, bool)) for row in rows)
    return ClipSet(tuple(map(str, range(70))), found, labels, 7)


def losses(name: str, folder: Path) -> list[float]:
    """Of the audio net of a recipe, 20 epochs of 5 steps."""
    model = recipe(name).branches["audio"].model
    assert isinstance(model, Mlp)
    fit = replace(model.schooling.fit, steps=5)
    learner = MlpLearner(replace(model, schooling=replace(model.schooling, fit=fit)), 7, (40,))
    learner.train(clips(), folder, 0)
    with (folder / "log.csv").open(newline="") as stream:
        return [float(row["loss"]) for row in csv.DictReader(stream)]


def test_paper_003_learns_nothing_as_printed_and_something_mended(tmp_path: Path) -> None:
    """Its loss stays where random weights put it, above ln 7, that of saying all alike."""
    printed = losses("resnet_lstm", tmp_path / "printed")
    mended = losses("resnet_lstm_fixed", tmp_path / "mended")
    assert len(printed) == len(mended) == 20
    assert min(printed) > math.log(7)
    assert np.mean(printed[-5:]) == pytest.approx(np.mean(printed[:5]), abs=0.1)
    assert np.mean(mended[-5:]) < np.mean(mended[:5]) - 0.5


def test_curves_are_means_over_the_test_folds(made: Path) -> None:
    found = curves(made / "run")
    assert list(found) == ["frames", "frames_lstm", "audio"]
    for branch, one in found.items():
        with (made / "run" / "fits" / f"{branch}-seed0-fold0" / "log.csv").open() as stream:
            assert one == [float(row["loss"]) for row in csv.DictReader(stream)]

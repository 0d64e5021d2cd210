"""Run folders and bundles of mien 0.1.0 as of November 2026, before files moved, are still read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mien
from mien.errors import UsageError
from mien.evaluation.reports import read_run, report_of
from mien.training import evaluate
from mien.training.recipes.declaration import Recipe, VoiceCnn, from_plain, to_plain

PROBABILITIES = {
    "angry": 0.0397,
    "disgust": 0.0079,
    "fear": 0.3677,
    "happy": 0.3695,
    "neutral": 0.0059,
    "sad": 0.2018,
    "surprise": 0.0077,
}
"""What the bundle answered then."""
BEFORE = Path(__file__).resolve().parents[1] / "data" / "before"


def test_the_recipe_of_a_run_is_read_and_written_as_it_was() -> None:
    stored = json.loads((BEFORE / "run" / "run.json").read_text())["recipe"]
    recipe = from_plain(stored)
    assert isinstance(recipe, Recipe)
    model = recipe.branches["voice"].model
    assert isinstance(model, VoiceCnn)
    assert model.schooling.fit.epochs == 1
    assert to_plain(recipe) == stored


def test_a_run_is_reported_on() -> None:
    report = report_of(read_run(BEFORE / "run"))
    assert [(system.name, system.n) for system in report.systems] == [("voice", 16)]


def test_a_run_that_cannot_go_on_says_so_in_one_line() -> None:
    with pytest.raises(UsageError) as caught:
        evaluate(BEFORE / "run", alter=["muted"])
    assert "\n" not in str(caught.value)


def test_a_bundle_answers() -> None:
    answer = mien.analyze(mien.sample(), model=BEFORE / "bundle")
    assert answer.label == "happy"
    assert answer.probabilities == pytest.approx(PROBABILITIES, abs=1e-3)

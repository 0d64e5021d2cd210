from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.training.experiment.rates import rate_ranges
from mien.training.experiment.run import Experiment, units_of
from mien.training.experiment.work import fit_unit
from mien.training.steps import declare, experiment, extract_features
from tests.cli.corpus import make_clips, write_recipe

pytest.importorskip("torch")

RECIPE = """
from mien.training.recipes.declaration import Branch, Encoder, Mlp, Recipe, Recurrent
from mien.training.recipes.declaration import TrainingConfig
from mien.training.recipes.networks import CifarResnet
from mien.training.schedules import OptimConfig

SCHOOL = TrainingConfig(OptimConfig(epochs=1, steps=2, rate=1e-3), batch=4)
SIDE = {{"size": 36}}
RECIPE = Recipe(
    "tiny",
    "an encoder, a head on it, and a perceptron",
    {{
        "frames": Branch("face", "faces", Encoder(CifarResnet(width=0.25), SCHOOL), SIDE),
        "face": Branch("face", "faces", Recurrent(SCHOOL, on="frames", hidden=4), SIDE),
        "voice": Branch("voice", "egemaps", Mlp(SCHOOL, (4,))),
    }},
    inner=2,
)
"""


def plan(folder: Path, text: str) -> Experiment:
    recipe, data = str(write_recipe(folder, text=text)), make_clips(folder)
    run = experiment(declare(recipe, []), data, folder / "run", None, "speaker:2", 1, False)
    extract_features(run, 1)
    return run


def test_every_network_is_tested_and_nothing_is_kept(tmp_path: Path) -> None:
    run = plan(tmp_path, RECIPE)
    found = dict(rate_ranges(run))
    assert list(found) == ["frames", "face", "voice"]
    for rows in found.values():
        rates = [rate for rate, _ in rows]
        assert rates == sorted(rates)
        assert rates[0] == pytest.approx(1e-6)
    assert not (tmp_path / "run").exists()


def test_an_encoder_is_taken_from_the_run_that_has_it(tmp_path: Path) -> None:
    run = plan(tmp_path, RECIPE)
    fit_unit(run.task, units_of(run)[0])
    tested = rate_ranges(run)
    assert next(tested)[0] == "frames"
    (tmp_path / "run" / "fits" / "frames-seed0-fold0" / "weights.pt").unlink()
    with pytest.raises(FileNotFoundError):
        next(tested)


def test_without_a_network_there_is_no_rate(tmp_path: Path) -> None:
    svm = 'Recipe("tiny", "", {{"voice": Branch("voice", "egemaps", Svm())}}, inner=2)'
    text = f"from mien.training.recipes.declaration import Branch, Recipe, Svm\n\nRECIPE = {svm}\n"
    with pytest.raises(UsageError, match="'tiny': has no network, so no learning rate"):
        next(rate_ranges(plan(tmp_path, text)))

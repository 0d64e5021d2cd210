from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from mien.cli.train import train
from mien.data.manifest import Manifest, write_manifest
from mien.features.store.lock import locked
from mien.labels import EMOTIONS
from mien.training.experiment.run import Experiment, units_of
from mien.training.experiment.score import open_plan
from mien.training.experiment.work import finished, fit_unit, fit_units, scores_of
from mien.training.steps import declare, experiment, extract_features
from tests.cli.corpus import make_clips, write_recipe
from tests.training.experiment.conftest import stretches

pytest.importorskip("torch")


@pytest.fixture
def plan(tmp_path: Path) -> Experiment:
    recipe, data = str(write_recipe(tmp_path)), make_clips(tmp_path)
    run = experiment(declare(recipe, []), data, tmp_path / "run", None, "speaker:2", 1, False)
    extract_features(run, 1)
    return run


def test_two_processes_do_not_fit_the_same_at_once(plan: Experiment) -> None:
    unit = units_of(plan)[0]
    folder = plan.task.folder(unit)
    folder.mkdir(parents=True)
    with locked(folder / ".lock") as mine:
        assert mine
        waiting = Thread(target=fit_unit, args=(plan.task, unit))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        assert not (folder / "key.txt").exists()
    waiting.join()
    assert finished(plan.task, unit)
    assert scores_of(plan.task, unit).shape == (12, 7)


def test_what_is_fitted_stays_and_leftovers_go(plan: Experiment) -> None:
    units = units_of(plan)[:2]
    first = plan.task.folder(units[0])
    fit_unit(plan.task, units[0])
    before = (first / "weights.pt").stat().st_mtime_ns
    (first / "state.pt.99.part").write_bytes(b"cut off")
    assert plan.task.epochs(units[1]) == (0, 2)
    assert [unit.name for unit in fit_units(plan.task, units)] == [unit.name for unit in units]
    assert plan.task.epochs(units[1]) == (2, 2)
    assert (first / "weights.pt").stat().st_mtime_ns == before
    assert {path.name for path in first.iterdir()} == {
        ".lock", "done.json", "fit.json", "key.txt", "log.csv", "scores.npy", "weights.pt"
    }  # fmt: skip


VOICE = """
from mien.training.recipes.declaration import Branch, Recipe, TrainingConfig, VoiceCnn
from mien.training.schedules import OptimConfig

SCHOOL = TrainingConfig(OptimConfig(epochs=1, steps=2, rate=1e-3), batch=4)
MODEL = VoiceCnn(SCHOOL, width=4, embedding=8)
RECIPE = Recipe("voice", "for tests", {"voice": Branch("voice", "log_mel", MODEL)}, inner=2)
"""


def test_what_is_shipped_is_not_fitted_again_on_an_official_split(tmp_path: Path) -> None:
    clips = [
        replace(clip, split="test" if clip.speaker == "d" else "train")
        for clip in stretches().clips
    ]
    write_manifest(Manifest("mine", tuple(clips), EMOTIONS, Path()), tmp_path / "clips.csv")
    (tmp_path / "voice.py").write_text(VOICE)
    train(str(tmp_path / "voice.py"), data=tmp_path / "clips.csv", out=tmp_path / "run", jobs=1)
    fold, final = (tmp_path / "run" / "fits" / f"voice-seed0-{name}" for name in ("fold0", "final"))
    assert (fold / "weights.pt").read_bytes() == (final / "weights.pt").read_bytes()
    assert (fold / "log.csv").read_bytes() == (final / "log.csv").read_bytes()
    assert (final / "done.json").read_text() != (fold / "done.json").read_text()
    plan = open_plan(tmp_path / "run")
    assert [unit.like for unit in units_of(plan)][-1] == "voice-seed0-fold0"

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from mien.features.store.lock import locked
from mien.training.api import declare, experiment, extract_features
from mien.training.experiment.run import Experiment, units_of
from mien.training.experiment.work import finished, fit_unit, fit_units, scores_of
from tests.cli.corpus import make_clips, write_recipe

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

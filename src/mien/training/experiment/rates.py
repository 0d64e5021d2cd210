"""The learning-rate range test of a run's networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mien.errors import UsageError
from mien.training.experiment.plan import OUTER, FitJob
from mien.training.experiment.run import Experiment
from mien.training.experiment.work import data_of, finished, fit_unit, untrained
from mien.training.learners.staged import Staged
from mien.training.recipes.declaration import Network

__all__ = ["rate_ranges"]


def rate_ranges(run: Experiment) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Each network of a recipe with what `mien.training.rate_range.rate_range` gives for it.

    It learns from the training clips of the first fold. The encoder that a network builds on is
    taken from the run where it was trained there, and else trained first; nothing is kept.

    Raises:
        UsageError: no branch is a network.
    """
    recipe, fold = run.task.recipe, run.folds[0]
    networks = [b for b, declared in recipe.branches.items() if isinstance(declared.model, Network)]
    if not networks:
        raise UsageError(f"recipe '{recipe.name}': has no network, so no learning rate")
    networks = [b for b in networks if not recipe.lead(b)]
    if not networks:
        raise UsageError(
            f"recipe '{recipe.name}': is one network with its fusion; no range is tried"
        )
    with TemporaryDirectory() as folder:
        elsewhere = replace(run.task, run=Path(folder))
        for branch in networks:
            unit = FitJob(branch, run.seeds[0], fold.number, OUTER, fold.train, fold.test)
            below, task = run.task.below(unit), run.task
            if below is not None and not finished(task, below):
                task = elsewhere
                fit_unit(task, below)
            model = untrained(task, unit)
            assert isinstance(model, Staged)
            training = data_of(task, branch).rows(fold.train).present()
            yield branch, model.rate_range(training, unit.seed)

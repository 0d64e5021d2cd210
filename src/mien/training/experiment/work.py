"""Fitting the units of a run, several at a time; what is done stays done."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.core.processes import deal_out
from mien.errors import MienError, TrainingError, UsageError
from mien.features.store.lock import locked
from mien.fusion.branch_scores import BranchScores
from mien.inference.aggregation import BranchOutput
from mien.training.distributed import agreed, exchanged, is_first, size, wait
from mien.training.experiment.inputs import clips_of, extractor_of, forget_media
from mien.training.experiment.one_network import PART, fit_together
from mien.training.experiment.paths import ExperimentPaths
from mien.training.experiment.plan import FitJob
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.learner import Learner, learner
from mien.training.recipes.declaration import Branch

__all__ = [
    "data_of",
    "descriptors_of",
    "encoded",
    "extractor_of",
    "finished",
    "fit_units",
    "scores_of",
    "trained",
    "untrained",
]


def fit_units(task: ExperimentPaths, units: Sequence[FitJob], jobs: int = 1) -> Iterator[FitJob]:
    """Fit what is not fitted yet; gives each unit as it is done.

    Processes that train together (`mien.training.distributed`) all call this, with one job.

    Raises:
        TrainingError: a fit failed, or its process died; what was done before stays.
    """
    forget_media()
    done = agreed(lambda: {unit.name for unit in units if finished(task, unit)})
    yield from (unit for unit in units if unit.name in done)
    todo = [unit for unit in units if unit.name not in done]
    recipe = task.recipe
    built_on = {name for b in recipe.branches for name in (recipe.base(b), recipe.lead(b))} - {""}
    for wave in _waves(todo, built_on):
        if jobs > 1 and len(wave) > 1:
            yield from _in_processes(task, wave, jobs)
            continue
        for unit in wave:
            fit_unit(task, unit)
            yield unit
    if is_first():
        for unit in units:
            _tidy(task.folder(unit))


def _waves(units: Sequence[FitJob], built_on: set[str]) -> Iterator[list[FitJob]]:
    """Units in an order in which each finds what it needs: encoders first, copies last."""
    for alike in (False, True):
        wave = [unit for unit in units if bool(unit.like) == alike]
        yield [unit for unit in wave if unit.branch in built_on]
        yield [unit for unit in wave if unit.branch not in built_on]


def _in_processes(task: ExperimentPaths, units: Sequence[FitJob], jobs: int) -> Iterator[FitJob]:
    for unit, fitted in deal_out(partial(_fitted, task), units, jobs):
        if fitted is None:
            raise TrainingError(
                f"{unit.name}: its process died (out of memory?); run again with fewer --jobs, "
                "what is done stays done"
            )
        yield unit


def _fitted(task: ExperimentPaths, unit: FitJob) -> bool:
    fit_unit(task, unit)
    return True


def _tidy(folder: Path) -> None:
    """Remove what a finished fit needs no more, and what killed ones did not finish writing."""
    for path in (*folder.rglob("state.pt"), *folder.rglob("*.part")):
        path.unlink(missing_ok=True)


def finished(task: ExperimentPaths, unit: FitJob) -> bool:
    """Whether a unit was fitted with just these numbers on just these clips."""
    mark = task.folder(unit) / "done.json"
    try:
        return bool(json.loads(mark.read_text())["key"] == task.key(unit))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def fit_unit(task: ExperimentPaths, unit: FitJob) -> None:
    """Train one learner, score its test clips, and keep both."""
    if not is_first():
        _fit(task, unit)
        return
    task.folder(unit).mkdir(parents=True, exist_ok=True)
    with _alone(task.folder(unit) / ".lock"):
        if size() > 1 or not finished(task, unit):
            _fit(task, unit)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait for any other process at this; one whose parent was killed lives on for a second."""
    while True:
        with locked(lock) as acquired:
            if acquired:
                yield
                return
        time.sleep(0.1)


def _fit(task: ExperimentPaths, unit: FitJob) -> None:
    folder, key = task.folder(unit), agreed(lambda: _begun(task, unit))
    _limit_threads(task.threads)
    data = data_of(task, unit.branch)
    model = untrained(task, unit)
    training = data.rows(unit.train).present()
    _check(unit, training)
    same = agreed(lambda: _taken_over(task, unit))
    try:
        if not same and (model.together or is_first()):
            model = _train(task, unit, model, training)
    except MienError as error:
        raise TrainingError(f"{unit.name}: {error}") from None
    if is_first() and not same:
        model.save(folder)
    wait()
    if same or not is_first():
        model.load(folder)
    _to_device(model)
    outputs = _outputs_of(model, data, unit.test)
    described = _outputs_of(model, data, unit.train) if task.describes(unit) else []
    if is_first():
        _keep(folder / "scores.npy", encoded(outputs, data.classes).log_probs)
        descriptor = encoded([*described, *outputs], data.classes).descriptor
        if described and descriptor is not None:
            _keep(folder / "descriptors.npy", descriptor)
        with atomic(folder / "done.json") as partial:
            partial.write_text(json.dumps({"key": key}) + "\n")
    wait()


def _train(task: ExperimentPaths, unit: FitJob, model: Learner, training: ClipSet) -> Learner:
    """Train the learner, or with it the network that it is the first part of."""
    if task.lead(unit) is None:
        model.train(training, task.folder(unit), unit.seed)
        return model
    of_network = {b: data_of(task, b).rows(unit.train) for b in task.network(unit.branch)[1]}
    return fit_together(task, unit, of_network)


def _taken_over(task: ExperimentPaths, unit: FitJob) -> bool:
    """Take what a finished unit on the same clips has learned, where there is one."""
    other, lead = task.run / "fits" / unit.like, task.lead(unit)
    if lead is not None and lead != unit:
        other = task.folder(lead) / PART / unit.branch
    elif not unit.like or not (other / "done.json").is_file():
        return False
    ours = {"done.json", "key.txt", "scores.npy", "descriptors.npy", ".lock"}
    for path in other.iterdir():
        if path.name not in ours:
            target = task.folder(unit) / path.name
            if path.is_dir():
                shutil.copytree(path, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(path, target)
    return True


def _to_device(model: Learner) -> None:
    """Score on the graphics card, if there is one, as the training was."""
    import torch

    if not torch.cuda.is_available():
        return
    for part in (model, getattr(model, "base", None)):
        net = getattr(part, "net", None)
        if isinstance(net, torch.nn.Module):
            net.to("cuda")


def _begun(task: ExperimentPaths, unit: FitJob) -> str:
    """The unit's key; its folder has nothing of a fit with other numbers or clips."""
    folder, key = task.folder(unit), task.key(unit)
    started = folder / "key.txt"
    if not (started.is_file() and started.read_text() == key):
        _empty(folder)
        started.write_text(key)
    return key


def _outputs_of(model: Learner, data: ClipSet, indices: Sequence[int]) -> list[BranchOutput | None]:
    """What a learner says of the clips at `indices`, a share from each process."""

    def say(chosen: Sequence[int]) -> list[BranchOutput | None]:
        return [model.predict(data.features[indices[n]]) for n in chosen]

    return exchanged(say, len(indices))


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != ".lock":
            path.unlink()


def _keep(path: Path, rows: NDArray[np.float64]) -> None:
    with atomic(path) as partial, partial.open("wb") as stream:
        np.save(stream, rows)


def encoded(outputs: Sequence[BranchOutput | None], classes: int) -> BranchScores:
    """What a branch says of n clips, in one."""
    rows = np.full((len(outputs), classes), np.nan)
    width = next((len(s.descriptor) for s in outputs if s and s.descriptor is not None), 0)
    described = np.full((len(outputs), width), np.nan)
    for row, output in enumerate(outputs):
        if output is not None:
            rows[row] = output.mean
            if output.descriptor is not None:
                described[row] = output.descriptor
    return BranchScores.of(rows, described if width else None)


def scores_of(task: ExperimentPaths, unit: FitJob) -> NDArray[np.float64]:
    """(n,C) log-probabilities of a unit's test clips, NaN where the branch was absent."""
    return np.asarray(np.load(task.folder(unit) / "scores.npy"), np.float64)


def descriptors_of(task: ExperimentPaths, unit: FitJob) -> NDArray[np.float64] | None:
    """(n,D) of a unit's training clips and then its test clips; None where it keeps none."""
    path = task.folder(unit) / "descriptors.npy"
    return np.asarray(np.load(path), np.float64) if path.is_file() else None


def untrained(task: ExperimentPaths, unit: FitJob) -> Learner:
    """The learner of a unit before its training, on the encoder that it builds on."""
    model = _new(task, unit.branch, data_of(task, unit.branch))
    below = task.below(unit)
    if below is not None:
        from mien.training.learners.recurrent import RecurrentLearner

        assert isinstance(model, RecurrentLearner)
        assert model.base is not None
        model.base.load(task.folder(below))
        _to_device(model)
    return model


def trained(task: ExperimentPaths, unit: FitJob) -> Learner:
    """The learner of a finished unit."""
    model = _new(task, unit.branch, data_of(task, unit.branch))
    model.load(task.folder(unit))
    return model


def data_of(task: ExperimentPaths, branch: str) -> ClipSet:
    """All clips of the run with the features of a branch, read once in a process."""
    return clips_of(task.origin(branch))


def _shape_of(branch: Branch, data: ClipSet) -> tuple[int, ...]:
    """Of one row of a branch's features.

    Raises:
        UsageError: no clip has any row.
    """
    shapes = {f.values.shape[1:] for f in data.features if len(f)}
    if not shapes:
        raise UsageError(
            f"no clip has anything for '{branch.extractor}' ({branch.modality}); "
            "leave the branch out, or check the clips with 'mien data check --deep'"
        )
    return shapes.pop()


def _new(task: ExperimentPaths, branch: str, data: ClipSet) -> Learner:
    shape = _shape_of(task.recipe.branches[branch], data)
    return learner(task.recipe, branch, data.classes, shape)


def _check(unit: FitJob, training: ClipSet) -> None:
    labels = np.unique(training.labels)
    if len(labels) < 2:
        classes = "class" if len(labels) == 1 else "classes"
        raise TrainingError(
            f"{unit.name}: the training clips with this modality are of {len(labels)} {classes}, "
            "and at least two are needed; use fewer --folds, or --set inner=2, or more clips"
        )


def _limit_threads(threads: int) -> None:
    import torch
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    torch.set_num_threads(threads)
    threadpool_limits(threads)

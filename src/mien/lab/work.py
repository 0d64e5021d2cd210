"""Fitting the units of a run, several at a time; what is done stays done."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MienError, TrainingError, UsageError
from mien.lab.plan import Unit
from mien.learners.clip_set import ClipSet
from mien.learners.learner import Learner, learner
from mien.manifest import Manifest, read_manifest
from mien.processes import worker
from mien.recipes.declaration import Branch, Recipe
from mien.report.atomic import atomic
from mien.store import Store, load_features

__all__ = ["Task", "data_of", "finished", "fit_units", "scores_of", "trained"]


@dataclass(frozen=True)
class Task:
    """What all units of a run share; small enough to travel to other processes.

    Args:
        recipe: with all numbers settled.
        manifest: path of the manifest.
        store: folder of the feature store.
        run: folder of the run.
        threads: of one fit.
    """

    recipe: Recipe
    manifest: Path
    store: Path
    run: Path
    threads: int = 1

    def folder(self, unit: Unit) -> Path:
        """Where a unit keeps its log, state, weights and scores."""
        return self.run / "fits" / unit.name

    def key(self, unit: Unit) -> str:
        """Changes whenever the unit has to be fitted again."""
        branch = asdict(self.recipe.branches[unit.branch])
        content = [branch, unit.seed, unit.train, unit.test, _read(self.manifest)[1]]
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


def fit_units(task: Task, units: Sequence[Unit], jobs: int = 1) -> Iterator[Unit]:
    """Fit what is not fitted yet; gives each unit as it is done.

    Raises:
        TrainingError: a fit failed, or its process died; what was done before stays.
    """
    todo = []
    for unit in units:
        if finished(task, unit):
            yield unit
        else:
            todo.append(unit)
    if jobs == 1 or len(todo) < 2:
        for unit in todo:
            fit_unit(task, unit)
            yield unit
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, initializer=worker, initargs=(os.getpid(),))
    with pool:
        futures = {pool.submit(fit_unit, task, unit): unit for unit in todo}
        try:
            for future in as_completed(futures):
                future.result()
                yield futures[future]
        except BrokenProcessPool:
            raise TrainingError(
                "a training process died (out of memory?); run again with fewer --jobs, what is "
                "done stays done"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list((pool._processes or {}).values()):
                process.terminate()
            raise


def finished(task: Task, unit: Unit) -> bool:
    """Whether a unit was fitted with just these numbers on just these clips."""
    mark = task.folder(unit) / "done.json"
    try:
        return bool(json.loads(mark.read_text())["key"] == task.key(unit))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def fit_unit(task: Task, unit: Unit) -> None:
    """Train one learner, score its test clips, and keep both."""
    folder, key = task.folder(unit), task.key(unit)
    started = folder / "key.txt"
    if not (started.is_file() and started.read_text() == key):
        shutil.rmtree(folder, ignore_errors=True)  # from other numbers or clips
        folder.mkdir(parents=True)
        started.write_text(key)
    _limit_threads(task.threads)
    data = data_of(task, unit.branch)
    model = _new(task.recipe.branches[unit.branch], data)
    training = data.rows(unit.train).present()
    _check(unit, training)
    try:
        model.train(training, folder, unit.seed)
    except MienError as error:
        raise TrainingError(f"{unit.name}: {error}") from None
    model.save(folder)
    rows = np.full((len(unit.test), data.classes), np.nan)
    for row, place in enumerate(unit.test):
        said = model.log_probs(data.features[place])
        if said is not None:
            rows[row] = said
    with atomic(folder / "scores.npy") as partial, partial.open("wb") as stream:
        np.save(stream, rows)
    (folder / "state.pt").unlink(missing_ok=True)
    with atomic(folder / "done.json") as partial:
        partial.write_text(json.dumps({"key": key}) + "\n")


def scores_of(task: Task, unit: Unit) -> NDArray[np.float64]:
    """(n,C) log-probabilities of a unit's test clips, NaN where the branch was absent."""
    return np.asarray(np.load(task.folder(unit) / "scores.npy"), np.float64)


def trained(task: Task, unit: Unit) -> Learner:
    """The learner of a finished unit."""
    model = _new(task.recipe.branches[unit.branch], data_of(task, unit.branch))
    model.load(task.folder(unit))
    return model


def data_of(task: Task, branch: str) -> ClipSet:
    """All clips of the run with the features of a branch, read once in a process."""
    declared = task.recipe.branches[branch]
    settings = tuple(sorted(declared.settings.items()))
    return _data(task.manifest, task.store, declared.extractor, settings)


@lru_cache(maxsize=2)
def _data(
    path: Path, store: Path, name: str, settings: tuple[tuple[str, float | str], ...]
) -> ClipSet:
    from mien.extract import extractor

    manifest, _ = _read(path)
    features = load_features(manifest, extractor(name, **dict(settings)), Store(store))
    labels = [manifest.labels.index(c.label) if c.label else -1 for c in manifest.clips]
    ids = tuple(c.id for c in manifest.clips)
    return ClipSet(ids, tuple(features), np.array(labels), len(manifest.labels))


@lru_cache(maxsize=2)
def _read(path: Path) -> tuple[Manifest, str]:
    return read_manifest(path), hashlib.sha256(path.read_bytes()).hexdigest()


def _new(branch: Branch, data: ClipSet) -> Learner:
    shapes = {f.values.shape[1:] for f in data.features if len(f)}
    if not shapes:
        raise UsageError(
            f"no clip has anything for '{branch.extractor}' ({branch.modality}); "
            "leave the branch out, or check the clips with 'mien data check --deep'"
        )
    return learner(branch.model, data.classes, shapes.pop())


def _check(unit: Unit, training: ClipSet) -> None:
    found = np.unique(training.labels)
    if len(found) < 2:
        raise TrainingError(
            f"{unit.name}: the training clips that have this modality are of "
            f"{len(found)} class; at least two are needed"
        )


def _limit_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)

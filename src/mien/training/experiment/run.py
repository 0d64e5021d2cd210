"""A whole run: fit every unit, fuse on held-out scores, keep the scores and the final system."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.data.manifest import Manifest
from mien.evaluation.scores import ScoreTable, write_scores
from mien.evaluation.thresholds import confidence_from
from mien.fusion.branch_scores import BranchScores
from mien.labels import LabelSet
from mien.training.experiment.inputs import contents_of
from mien.training.experiment.joint import Joint, fit_joint, main_system, read_joint
from mien.training.experiment.plan import FINAL, OFFICIAL, OUTER, TRAIN_AND_VAL, FitJob, Fold, plan
from mien.training.experiment.work import ExperimentPaths, descriptors_of, scores_of
from mien.training.recipes.declaration import to_plain

__all__ = [
    "Experiment",
    "finish",
    "fitted",
    "fold_joint",
    "forget",
    "held_rows",
    "labels_of",
    "outer_rows",
    "table_of",
    "units_of",
]

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Experiment:
    """A run as it was asked for.

    Args:
        task: recipe, manifest, store and folder.
        manifest: the clips.
        folds: what is reported on.
        how: the folds in words, for example "speaker:6" or "official split".
        seeds: of all fits.
        tune_on_report: fit fusion and temperatures on the very clips that are reported, as the
            papers did; every number is then stamped with it.
    """

    task: ExperimentPaths
    manifest: Manifest
    folds: tuple[Fold, ...]
    how: str
    seeds: tuple[int, ...]
    tune_on_report: bool = False

    @property
    def final(self) -> Fold:
        """What the shipped system is trained on: the training clips, or with folds all clips."""
        first = self.folds[0]
        if self.how in (OFFICIAL, TRAIN_AND_VAL):
            return Fold(FINAL, first.train, (), first.pictures)
        alone = set(first.pictures)
        clips = enumerate(self.manifest.clips)
        labelled = tuple(i for i, c in clips if c.label and i not in alone)
        return Fold(FINAL, labelled, (), first.pictures)


def units_of(run: Experiment) -> list[FitJob]:
    """All fits, the ones of the final system last; those learn anew only from other clips."""
    clips = run.manifest.clips
    units = plan(run.task.recipe, clips, run.folds, run.seeds)
    known = {(u.branch, u.seed, u.train): u.name for u in units if u.inner == OUTER}
    final = plan(run.task.recipe, clips, [run.final], run.seeds[:1])
    return units + [replace(u, like=known.get((u.branch, u.seed, u.train), "")) for u in final]


def finish(run: Experiment) -> ScoreTable:
    """From the scores of all units to the run's score table and its final system."""
    parts = []
    for seed in run.seeds:
        for fold in run.folds:
            answers = fold_joint(run, seed, fold).systems(outer_rows(run, seed, fold))
            parts.append((seed, fold, answers))
    table = table_of(run, parts)
    path = run.task.run / "scores.csv"
    before = path.read_bytes() if path.is_file() else None
    write_scores(table, path)
    if before not in (None, path.read_bytes()):
        forget(run.task.run)
    _write_data(run)
    _write_final(run)
    return table


def forget(run: Path) -> None:
    """Remove what 'mien evaluate' found out about earlier trainings."""
    for name in ("altered", "on"):
        shutil.rmtree(run / name, ignore_errors=True)
    (run / "cost.json").unlink(missing_ok=True)


Parts = dict[str, BranchScores]


def outer_rows(run: Experiment, seed: int, fold: Fold) -> Parts:
    """{branch: what it says of the test clips of a fold}."""
    rows = _rows(run, seed, fold, inner=False)
    return {
        b: _part(run, _outer(run, b, seed, fold), log_probs, fold.test)
        for b, log_probs in rows.items()
    }


def held_rows(run: Experiment, seed: int, fold: Fold) -> Parts:
    """{branch: what the inner units say of the training clips of a fold that they held out}.

    Descriptors are those of the outer unit, since a fusion that goes by them will be used with it.
    """
    rows = _rows(run, seed, fold, inner=True)
    return {
        b: _part(run, _outer(run, b, seed, fold), log_probs, fold.train)
        for b, log_probs in rows.items()
    }


def _outer(run: Experiment, branch: str, seed: int, fold: Fold) -> FitJob:
    seen = fold.seen(run.task.recipe, branch)
    return FitJob(branch, seed, fold.number, OUTER, seen, fold.test)


def _rows(run: Experiment, seed: int, fold: Fold, *, inner: bool) -> dict[str, Rows]:
    """Of all clips of the manifest; NaN where a clip was not scored."""
    shape = len(run.manifest), len(run.manifest.labels)
    result = {branch: np.full(shape, np.nan) for branch in run.task.recipe.branches}
    for unit in plan(run.task.recipe, run.manifest.clips, [fold], [seed]):
        if (unit.inner != OUTER) == inner:
            result[unit.branch][list(unit.test)] = scores_of(run.task, unit)
    return result


def _part(run: Experiment, unit: FitJob, rows: Rows, indices: Sequence[int]) -> BranchScores:
    """Scores of the clips at `indices`, with the descriptors of a unit."""
    descriptors = descriptors_of(run.task, unit)
    if descriptors is None:
        return BranchScores.of(rows[list(indices)])
    described = np.full((len(run.manifest), descriptors.shape[1]), np.nan)
    described[[*unit.train, *unit.test]] = descriptors
    return BranchScores.of(rows[list(indices)], described[list(indices)])


def fold_joint(run: Experiment, seed: int, fold: Fold) -> Joint:
    """How a test fold's systems are joined, fitted on held-out scores of its training clips."""
    folder = run.task.run / "fusion" / f"seed{seed}-fold{fold.number}"
    units = plan(run.task.recipe, run.manifest.clips, [fold], [seed])
    if _kept(run, folder, units):
        return read_joint(folder)
    if run.tune_on_report:
        joint = fitted(run, outer_rows(run, seed, fold), fold.test, None, folder)
    else:
        groups = _groups(run, units)
        parts = held_rows(run, seed, fold)

        def held(name: str) -> Rows:
            return _unseen(run, name, units, folder)[list(fold.train)]

        joint = fitted(run, parts, fold.train, groups[list(fold.train)], folder, held)
    with atomic(folder / "key.txt") as partial:
        partial.write_text(_key(run, units))
    return joint


def _groups(run: Experiment, units: Sequence[FitJob]) -> NDArray[np.int64]:
    """(n,) for each clip of the manifest the inner fold that held it out."""
    groups = np.zeros(len(run.manifest), np.int64)
    for unit in units:
        if unit.inner != OUTER:
            groups[list(unit.test)] = unit.inner
    return groups


def _unseen(run: Experiment, name: str, units: Sequence[FitJob], folder: Path) -> Rows:
    """What a fusion of descriptors says of the clips that its fold's inner units held out.

    It is fitted anew on the descriptors of each inner unit.
    """
    fusion, of = run.task.recipe.joins[name]
    labels, classes = labels_of(run.manifest), len(run.manifest.labels)
    rows = np.full((len(run.manifest), classes), np.nan)
    inner = [unit for unit in units if unit.inner != OUTER and unit.branch in of]
    scores = np.full((len(of), *rows.shape), np.nan)
    for unit in inner:
        scores[of.index(unit.branch)][list(unit.test)] = scores_of(run.task, unit)
    for number in sorted({unit.inner for unit in inner}):
        by_branch = {unit.branch: unit for unit in inner if unit.inner == number}
        first = next(iter(by_branch.values()))
        parts = [
            {b: _part(run, u, scores[of.index(b)], at) for b, u in by_branch.items()}
            for at in (first.train, first.test)
        ]
        present = {b: part for b, part in parts[0].items() if part.present.any()}
        scratch = folder / name / f"inner{number}"
        fused = fusion.fit(present, labels[list(first.train)], classes, first.seed, scratch)
        rows[list(first.test)] = fused.batch({b: parts[1][b] for b in fused.branches})
    return rows


def _kept(run: Experiment, folder: Path, units: Sequence[FitJob]) -> bool:
    """Whether a folder has what would be fitted now."""
    try:
        return bool((folder / "key.txt").read_text() == _key(run, units))
    except OSError:
        return False


def _key(run: Experiment, units: Sequence[FitJob]) -> str:
    fusions = to_plain(run.task.recipe.fusions)
    content = [fusions, run.tune_on_report, [run.task.key(unit) for unit in units]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def fitted(
    run: Experiment,
    parts: Parts,
    indices: Sequence[int],
    groups: NDArray[np.int64] | None,
    folder: Path,
    held: Callable[[str], Rows] | None = None,
) -> Joint:
    """Systems joined on what branches say of the clips at `indices`; see `fit_joint`."""
    labels = labels_of(run.manifest)[list(indices)]
    return fit_joint(run.task.recipe, parts, labels, groups, run.seeds[0], folder, held)


def labels_of(manifest: Manifest) -> NDArray[np.int64]:
    """(n,) column of each clip's label; -1 where it has none."""
    return np.array([manifest.labels.index(c.label) if c.label else -1 for c in manifest.clips])


def table_of(run: Experiment, parts: Sequence[tuple[int, Fold, Mapping[str, Rows]]]) -> ScoreTable:
    """The score table of (seed, fold, what each system said about the fold's test clips)."""
    clips, labels = run.manifest.clips, labels_of(run.manifest)
    indices = [i for _, fold, _ in parts for i in fold.test]
    systems = list(parts[0][2])
    return ScoreTable(
        labels=run.manifest.labels,
        ids=tuple(clips[i].id for i in indices),
        speakers=tuple(clips[i].speaker for i in indices),
        truth=labels[indices],
        fold=np.concatenate([np.full(len(f.test), f.number) for _, f, _ in parts]),
        seed=np.concatenate([np.full(len(f.test), s) for s, f, _ in parts]),
        systems={
            name: np.concatenate([answers[name] for _, _, answers in parts]) for name in systems
        },
    )


def _write_data(run: Experiment) -> None:
    """`data.json`: for each branch and clip the SHA-256 of its media, extractor and settings."""
    ids = [clip.id for clip in run.manifest.clips]
    content = {
        b: dict(zip(ids, [key for key, *_ in contents_of(run.task.origin(b))], strict=True))
        for b in run.task.recipe.branches
    }
    with atomic(run.task.run / "data.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n")


def _write_final(run: Experiment) -> None:
    """`final.json`, and how the final system is joined: fitted on held-out scores of all folds."""
    labels, seed = labels_of(run.manifest), run.seeds[0]
    # With an official split the test clips stay unseen, also by the fusion.
    split = run.how in (OFFICIAL, TRAIN_AND_VAL)
    rows = [(held_rows if split else outer_rows)(run, seed, fold) for fold in run.folds]
    members = [fold.train if split else fold.test for fold in run.folds]
    indices = [index for of_fold in members for index in of_fold]
    groups = np.repeat([fold.number for fold in run.folds], [len(of_fold) for of_fold in members])
    units = plan(run.task.recipe, run.manifest.clips, run.folds, [seed])
    if split:
        groups = _groups(run, units)[indices]
    parts = {}
    for branch in run.task.recipe.branches:
        log_probs = np.full((len(run.manifest), len(run.manifest.labels)), np.nan)
        log_probs[indices] = np.concatenate([answers[branch].log_probs for answers in rows])
        parts[branch] = _part(run, _outer(run, branch, seed, run.final), log_probs, indices)
    folder = run.task.run / "fusion" / "final"

    def held(name: str) -> Rows:
        if split:
            return _unseen(run, name, units, folder)[indices]
        joints = [fold_joint(run, seed, fold).fused[name] for fold in run.folds]
        probabilities = [
            replace(fused, temperature=1.0).batch({b: answers[b] for b in fused.branches})
            for fused, answers in zip(joints, rows, strict=True)
        ]
        return np.concatenate(probabilities)

    joint = fitted(run, parts, indices, groups, folder, held)
    main = np.exp(joint.systems(parts)[main_system(run.task.recipe)])
    content = {
        "prior": _prior(run.manifest.labels, labels[list(run.final.train)]),
        "reliable_from": _reliable_from(main, labels[indices]),
    }
    with atomic(run.task.run / "final.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n")


def _prior(labels: LabelSet, truth: NDArray[np.int64]) -> dict[str, float]:
    counts = np.bincount(truth[truth >= 0], minlength=len(labels)) + 1.0
    return {n: round(float(c), 6) for n, c in zip(labels.names, counts / counts.sum(), strict=True)}


def _reliable_from(probabilities: Rows, truth: NDArray[np.int64]) -> float:
    """The lowest confidence, in steps of 0.05, from which two answers in three are right."""
    present = ~np.isnan(probabilities[:, 0])
    confidence = probabilities[present].max(1)
    right = probabilities[present].argmax(1) == truth[present]
    least = confidence_from(confidence, right, np.arange(0.2, 0.95, 0.05))
    return 0.95 if least is None else round(least, 2)

"""A whole run: fit every unit, fuse on held-out scores, keep the scores and the final system."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.fit_log_pool import fit_log_pool
from mien.fusion.log_pool import LogPool
from mien.lab.plan import FINAL, OUTER, Fold, Unit, plan
from mien.lab.work import Task, scores_of
from mien.labels import LabelSet
from mien.manifest import Manifest
from mien.recipes.declaration import to_plain
from mien.report.atomic import atomic
from mien.scores import ScoreTable, write_scores

__all__ = ["Plan", "begin", "finish", "units_of"]

FORMAT = 1
_PACKAGES = ("mien", "numpy", "torch", "lightning-fabric", "scikit-learn", "onnxruntime", "av")

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
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

    task: Task
    manifest: Manifest
    folds: tuple[Fold, ...]
    how: str
    seeds: tuple[int, ...]
    tune_on_report: bool = False

    @property
    def final(self) -> Fold:
        """What the shipped system is trained on: the training clips, or with folds all clips."""
        if self.how == "official split":
            return Fold(FINAL, self.folds[0].train, ())
        labelled = tuple(i for i, c in enumerate(self.manifest.clips) if c.label)
        return Fold(FINAL, labelled, ())


def units_of(run: Plan) -> list[Unit]:
    """All fits, the ones of the final system last."""
    clips = run.manifest.clips
    units = plan(run.task.recipe, clips, run.folds, run.seeds)
    return units + plan(run.task.recipe, clips, [run.final], run.seeds[:1])


def begin(run: Plan, force: bool = False) -> None:
    """Write `run.json` before anything is fitted.

    Raises:
        UsageError: the folder holds a run of something else, or of an older version.
    """
    path = run.task.run / "run.json"
    record = _record(run)
    if path.exists() and not force:
        try:
            old = json.loads(path.read_text())
        except ValueError:
            raise UsageError(f"{path}: damaged; use another --out, or --force") from None
        if old.get("format") != FORMAT:
            raise UsageError(
                f"{path}: a run folder of another version of mien (format {old.get('format')}, "
                f"this one writes {FORMAT}); use another --out"
            )
        same = ("recipe", "manifest", "folds", "seeds", "stamp")
        differs = [key for key in same if old.get(key) != json.loads(json.dumps(record[key]))]
        if differs:
            raise UsageError(
                f"{path.parent}: holds a run with another {', '.join(differs)}; "
                "use another --out, or --force to take its place"
            )
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n")


def finish(run: Plan) -> ScoreTable:
    """From the scores of all units to the run's score table and its final pool."""
    parts = []
    for seed in run.seeds:
        for fold in run.folds:
            parts.append(_fused(run, seed, fold))
    table = _table(run, parts)
    write_scores(table, run.task.run / "scores.csv")
    _write_pool(run)
    return table


def _rows(run: Plan, branch: str, seed: int, fold: int, inner: int | None) -> Rows:
    """Scores on the clips of a fold: of the outer unit, or held-out ones of the inner units."""
    clips = len(run.manifest)
    result = np.full((clips, len(run.manifest.labels)), np.nan)
    for unit in plan(run.task.recipe, run.manifest.clips, run.folds, [seed]):
        wanted = unit.inner == OUTER if inner == OUTER else unit.inner != OUTER
        if unit.branch == branch and unit.fold == fold and wanted:
            result[list(unit.test)] = scores_of(run.task, unit)
    return result


def _fused(run: Plan, seed: int, fold: Fold) -> tuple[int, Fold, dict[str, Rows]]:
    """Each branch at its temperature, and the pool of all, on the test clips of a fold."""
    labels = _labels(run.manifest)
    branches = list(run.task.recipe.branches)
    outer = {b: _rows(run, b, seed, fold.number, OUTER)[list(fold.test)] for b in branches}
    if run.tune_on_report:
        held, places = outer, list(fold.test)
    else:
        places = list(fold.train)
        held = {b: _rows(run, b, seed, fold.number, None)[places] for b in branches}
    pool = fit_log_pool(held, labels[places], run.task.recipe.fusion.shrink)
    said = {b: _log(_pooled(pool, {b: rows})) for b, rows in outer.items()}
    if len(branches) > 1:
        said["fused"] = _log(_pooled(pool, outer))
    return seed, fold, said


def _pooled(pool: LogPool, parts: Mapping[str, Rows]) -> Rows:
    """The pool's probabilities for each clip, from the branches that it has; NaN without any."""
    count, classes = next(iter(parts.values())).shape
    result = np.full((count, classes), np.nan)
    for row in range(count):
        here = {b: None if np.isnan(rows[row, 0]) else rows[row] for b, rows in parts.items()}
        said = pool(here)
        if said is not None:
            result[row] = said
    return result


def _log(probabilities: Rows) -> Rows:
    return np.asarray(np.log(np.maximum(probabilities, 1e-9)))


def _labels(manifest: Manifest) -> NDArray[np.int64]:
    return np.array([manifest.labels.index(c.label) if c.label else -1 for c in manifest.clips])


def _table(run: Plan, parts: Sequence[tuple[int, Fold, dict[str, Rows]]]) -> ScoreTable:
    clips, labels = run.manifest.clips, _labels(run.manifest)
    places = [i for _, fold, _ in parts for i in fold.test]
    systems = list(parts[0][2])
    return ScoreTable(
        labels=run.manifest.labels,
        ids=tuple(clips[i].id for i in places),
        speakers=tuple(clips[i].speaker for i in places),
        truth=labels[places],
        fold=np.concatenate([np.full(len(f.test), f.number) for _, f, _ in parts]),
        seed=np.concatenate([np.full(len(f.test), s) for s, f, _ in parts]),
        systems={name: np.concatenate([said[name] for _, _, said in parts]) for name in systems},
    )


def _write_pool(run: Plan) -> None:
    """The pool of the final system: fitted on the held-out scores of all folds."""
    labels, seed = _labels(run.manifest), run.seeds[0]
    held: dict[str, list[Rows]] = {b: [] for b in run.task.recipe.branches}
    places: list[int] = []
    for fold in run.folds:
        # With an official split the test clips stay unseen, also by the fusion.
        split = run.how == "official split"
        mine = list(fold.train if split else fold.test)
        places += mine
        for b in held:
            rows = _rows(run, b, seed, fold.number, None if split else OUTER)
            held[b].append(rows[mine])
    parts = {b: np.concatenate(rows) for b, rows in held.items()}
    pool = fit_log_pool(parts, labels[places], run.task.recipe.fusion.shrink)
    fused = _pooled(pool, parts)
    content = {
        "weights": dict(pool.weights),
        "temperatures": dict(pool.temperatures),
        "prior": _prior(run.manifest.labels, labels),
        "reliable_from": _reliable_from(fused, labels[places]),
    }
    with atomic(run.task.run / "pool.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n")


def _prior(labels: LabelSet, truth: NDArray[np.int64]) -> dict[str, float]:
    counts = np.bincount(truth[truth >= 0], minlength=len(labels)) + 1.0
    return {n: round(float(c), 6) for n, c in zip(labels.names, counts / counts.sum(), strict=True)}


def _reliable_from(probabilities: Rows, truth: NDArray[np.int64]) -> float:
    """The lowest confidence, in steps of 0.05, from which two answers in three are right."""
    there = ~np.isnan(probabilities[:, 0])
    confidence = probabilities[there].max(1)
    right = probabilities[there].argmax(1) == truth[there]
    for least in np.arange(0.2, 0.95, 0.05):
        kept = confidence >= least
        if kept.any() and right[kept].mean() >= 2 / 3:
            return round(float(least), 2)
    return 0.95


def _record(run: Plan) -> dict[str, object]:
    clips = run.manifest.clips
    return {
        "format": FORMAT,
        "recipe": to_plain(run.task.recipe),
        "manifest": {
            "name": run.manifest.name,
            "path": str(run.task.manifest),
            "clips": len(clips),
            "speakers": sorted({c.speaker for c in clips}),
        },
        "folds": run.how,
        "seeds": list(run.seeds),
        "labels": list(run.manifest.labels.names),
        "store": str(run.task.store),
        "versions": {"python": platform.python_version(), **_versions()},
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": f"{platform.machine()}, {platform.system()}, CPU",
        "stamp": _stamp(run),
    }


def _stamp(run: Plan) -> str:
    """What makes the scores too good, on purpose; stands beside every number."""
    known = {"tuned on report": run.tune_on_report, "random folds": run.how.startswith("random")}
    return ", ".join(name for name, true in known.items() if true)


def _versions() -> dict[str, str]:
    result = {}
    for name in _PACKAGES:
        try:
            result[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            result[name] = "not installed"
    return result


def _commit() -> str:
    """The git commit of the code, where it runs from a checkout."""
    done = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""

"""Which run folders belong to which paper, and making those of ablations."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.training.experiment.record import read_record
from mien.training.experiment.run import Experiment, units_of
from mien.training.experiment.work import finished
from mien.training.papers.ablations import ABLATIONS, ablation_of

__all__ = ["ABLATED", "borrow", "by_paper", "runs_of"]

ABLATED = "ablations"
"""Folder of the further runs within a run."""


def runs_of(recipe: str, run: Path) -> dict[str, Path]:
    """{"": the run, ablation: its run} of the finished ones.

    Raises:
        UsageError: no run folder of this recipe, or it is not finished.
    """
    name = read_record(run)["recipe"]["name"]
    if name != recipe:
        raise UsageError(f"{run}: is a run of recipe '{name}', not of '{recipe}'")
    if not _done(run):
        raise UsageError(f"{run}: the run is not finished; 'mien papers' with --data goes on")
    folders = {ablation.name: run / ABLATED / ablation.name for ablation in ABLATIONS[recipe]}
    return {"": run, **{name: path for name, path in folders.items() if _done(path)}}


def by_paper(runs: Iterable[Path]) -> dict[str, dict[str, Path]]:
    """{recipe: {"": its run, ablation: run}} of any finished runs, those within them included.

    Raises:
        UsageError: one of them is no run folder, or belongs to no paper.
    """
    result: dict[str, dict[str, Path]] = {recipe: {} for recipe in ABLATIONS}
    for run in runs:
        name, used = str(read_record(run)["recipe"]["name"]), False
        for recipe, of_recipe in result.items():
            if name == recipe:
                of_recipe.update(runs_of(recipe, run))
                used = True
            elif (ablation := ablation_of(recipe, name)) is not None and _done(run):
                of_recipe[ablation] = run
                used = True
        if not used:
            raise UsageError(f"{run}: no finished run of a paper's recipe (it is of '{name}')")
    return {recipe: dict(sorted(of_recipe.items())) for recipe, of_recipe in result.items()}


def _done(run: Path) -> bool:
    return (run / "final.json").is_file() and (run / "scores.csv").is_file()


def borrow(plan: Experiment, others: Mapping[str, Path]) -> int:
    """Copy fits that other runs have made with the same numbers and clips; gives how many."""
    fits = {}
    for run in others.values():
        for mark in sorted((run / "fits").glob("*/done.json")):
            fits[str(json.loads(mark.read_text())["key"])] = mark.parent
    copied = 0
    for unit in units_of(plan):
        if finished(plan.task, unit):
            continue
        source, folder = fits.get(plan.task.key(unit)), plan.task.folder(unit)
        if source is None or source == folder:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with atomic(folder) as partial:
            shutil.copytree(source, partial)
        copied += 1
    return copied

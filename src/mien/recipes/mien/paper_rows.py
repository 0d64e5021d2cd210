"""The default bundle beside trained runs of other recipes, on the same clips and folds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import mien
from mien.bundle import Bundle, load
from mien.errors import UsageError
from mien.evaluate.build import build_report
from mien.evaluate.pairs import compare
from mien.evaluate.result import Cost
from mien.evaluate.run_folder import read_run
from mien.lab.joint import main_system
from mien.lab.record import read_record
from mien.metrics import holm
from mien.recipes.declaration import from_plain
from mien.recipes.mien.clip_faces import video_clips
from mien.recipes.mien.clip_report import row_of
from mien.recipes.mien.fusion_scores import fusion_table
from mien.recipes.mien.place import Place
from mien.recipes.mien.rows import plain
from mien.scores import ScoreTable

__all__ = ["paper_rows"]

_OURS = "mien"
_CLIPS = 6  # as many as `mien.lab.cost` measures
_ROUNDS = 2


def paper_rows(root: Path, runs: Sequence[Path], place: Place) -> dict[str, object]:
    """Figures of the default bundle's fused answer and of each run's main system.

    The main system is the first fusion that a recipe declares, or its only branch: none is picked
    by its score.

    Args:
        root: of Java-SED, to measure the bundle's time on.
        runs: folders of `mien train` on its video clips, with `cost.json`.
        place: of the bundle and its reports.

    Raises:
        UsageError: not runs of the same clips, or without their costs.
    """
    if not runs:
        raise UsageError("name the run folders to compare with")
    fused = fusion_table(place.reports)
    tables = {_OURS: replace(fused, systems={_OURS: fused.systems["fused"]})}
    costs = {_OURS: _cost(load(place.bundle, threads=1), root)}
    about: dict[str, Mapping[str, object]] = {
        _OURS: {"recipe": "mien", "size": "full", "system": "fused"}
    }
    for path in runs:
        name, system, tables[path.name], costs[path.name] = _run(path)
        about[path.name] = {"recipe": name, "size": _size(path), "system": system}
    return {"rows": _rows(tables, costs, about)}


def _run(path: Path) -> tuple[str, str, ScoreTable, Cost]:
    run, record = read_run(path), read_record(path)
    recipe = from_plain(record["recipe"])
    system = main_system(recipe)
    cost = run.costs.get(system)
    if cost is None:
        raise UsageError(f"{path}: no cost.json with '{system}'; 'mien evaluate {path}' makes it")
    return (
        recipe.name,
        system,
        replace(run.table, systems={path.name: run.table.systems[system]}),
        cost,
    )


def _size(path: Path) -> str:
    """Whether the networks are those of the paper, or `--size small`."""
    from mien.recipes.catalog import recipe
    from mien.recipes.declaration import to_plain

    record = read_record(path)["recipe"]
    return "full" if to_plain(recipe(record["name"]))["branches"] == record["branches"] else "small"


def _rows(
    tables: Mapping[str, ScoreTable],
    costs: Mapping[str, Cost],
    about: Mapping[str, Mapping[str, object]],
) -> dict[str, dict[str, object]]:
    pairs = {
        pair.second.split(": ")[0]: pair
        for name in tables
        if name != _OURS
        for pair in compare({_OURS: tables[_OURS], name: tables[name]})
    }
    adjusted = dict(zip(pairs, holm([pair.p for pair in pairs.values()]), strict=True))
    rows: dict[str, dict[str, object]] = {}
    for name, table in tables.items():
        (one,) = build_report(table, title=name).systems
        rows[name] = {**about[name], **plain(row_of(one)), "megabytes": costs[name].megabytes}
        rows[name]["milliseconds"] = round(1000 * (costs[name].seconds_per_clip or np.nan), 1)
        if name in pairs:
            difference = round(pairs[name].difference, 4)
            rows[name]["ours_better_by"] = difference
            rows[name]["p_holm"] = round(adjusted[name], 5)
    return rows


def _cost(bundle: Bundle, root: Path) -> Cost:
    """Processor time of one thread for a clip, from the file to the answer, and megabytes."""
    manifest = video_clips(root)
    places = np.unique(np.linspace(0, len(manifest) - 1, _CLIPS, dtype=int)).tolist()
    paths = [manifest.path(manifest.clips[place]) for place in places]
    mien.analyze(mien.sample(), model=bundle)  # loads what is loaded once
    rounds = [[_seconds(bundle, path) for path in paths] for _ in range(_ROUNDS)]
    return Cost(float(np.min(rounds, axis=0).mean()), bundle.size / 1e6)


def _seconds(bundle: Bundle, path: Path) -> float:
    before = time.process_time()
    mien.analyze(path, model=bundle)
    return time.process_time() - before

"""Networks stored in fewer bits, and what that costs on the reported clips."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mien.evidence import pieces
from mien.lab.plan import OUTER, Fold, Unit
from mien.lab.run import Plan, fold_pool, outer_rows, systems_said, table_of
from mien.lab.work import data_of, trained
from mien.learners.clip_set import valid_rows
from mien.learners.learner import Learner
from mien.runtime import session
from mien.types import Features

__all__ = ["Loss", "Precision", "export_reduced", "measured_loss", "run_onnx"]

Precision = Literal["fp32", "fp16", "int8"]
Rows = NDArray[np.float64]
_Part = tuple[int, Fold, dict[str, Rows]]


@dataclass(frozen=True)
class Loss:
    """What a system lost by fewer bits, on clips that its fold did not learn from.

    Args:
        system: a branch, or "fused".
        n: clips that it answered.
        whole: accuracy at fp32.
        reduced: accuracy in fewer bits.
        changed: clips whose label differs.
    """

    system: str
    n: int
    whole: float
    reduced: float
    changed: int


def export_reduced(model: Learner, path: Path, precision: Precision) -> None:
    """Write a learner's ONNX file.

    "fp16" stores large weights in half, "int8" quantises matrices dynamically. Trees and support
    vectors are kept as they are: ONNX holds their numbers in single precision only.
    """
    model.export(path)
    if precision == "fp32" or not hasattr(model, "net"):
        return
    if precision == "fp16":
        from mien.export import halve

        halve(path)
        return
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = path.with_suffix(".fp32")
    path.rename(whole)
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)  # it recommends a step that is for convolutions on GPUs
    try:
        quantize_dynamic(whole, path, weight_type=QuantType.QUInt8)
    finally:
        logger.setLevel(before)
        whole.unlink()


def run_onnx(run: Any, features: Features, pooling: str) -> Rows:
    """(C,) log-probabilities of one clip with a valid row, as the bundle makes them."""
    rows, times = valid_rows(features), features.times[features.valid]
    if pooling == "rows":
        each = np.asarray(run.run(["log_probs"], {"rows": rows})[0], np.float64)
        return np.asarray(each.mean(0))
    parts = list(pieces(times))
    said = [run.run(["log_probs"], {"rows": rows[None, part]})[0][0] for part in parts]
    return np.asarray(np.average(said, axis=0, weights=[p.stop - p.start for p in parts]))


def measured_loss(plan: Plan, precision: Precision) -> list[Loss]:
    """Score the reported clips again, with the networks of their folds in fewer bits.

    The final system has learned from those clips, so it cannot tell; the pools stay as they are.
    """
    seed = plan.seeds[0]
    parts: tuple[list[_Part], list[_Part]] = ([], [])
    for fold in plan.folds:
        pool, whole = fold_pool(plan, seed, fold), outer_rows(plan, seed, fold)
        units = [
            Unit(b, seed, fold.number, OUTER, fold.train, fold.test)
            for b in plan.task.recipe.branches
        ]
        reduced = {unit.branch: _scored(plan, unit, precision) for unit in units}
        for rows, kept in zip((whole, reduced), parts, strict=True):
            kept.append((seed, fold, systems_said(pool, rows)))
    before, after = (table_of(plan, part) for part in parts)
    result = []
    for system in before.systems:
        there = ~before.absent(system) & (before.truth >= 0)
        was, now = (t.systems[system][there].argmax(1) for t in (before, after))
        truth = before.truth[there]
        result.append(
            Loss(
                system,
                int(there.sum()),
                float((was == truth).mean()),
                float((now == truth).mean()),
                int((was != now).sum()),
            )
        )
    return result


def _scored(plan: Plan, unit: Unit, precision: Precision) -> Rows:
    """(n,C) log-probabilities of a fold's test clips, NaN where the branch was absent."""
    model, data = trained(plan.task, unit), data_of(plan.task, unit.branch)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export_reduced(model, path, precision)
        run = session(path)
        return _rows(run, [data.features[i] for i in unit.test], model.pooling, data.classes)


def _rows(run: Any, features: Sequence[Features], pooling: str, classes: int) -> Rows:
    result = np.full((len(features), classes), np.nan)
    for row, clip in enumerate(features):
        if clip.valid.any():
            result[row] = run_onnx(run, clip, pooling)
    return result

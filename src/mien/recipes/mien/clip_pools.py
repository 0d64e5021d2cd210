"""Pools of face and voice, fitted and asked by actor folds; no torch but for fusion networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.fusion.encoded import Encoded
from mien.fusion.fused_onnx import FusedOnnx
from mien.fusion.fuser import Fused, Fusion
from mien.fusion.log_opinion import FusedLogPool
from mien.fusion.weighted_mean import FusedWeightedMean
from mien.lab.joint import fit_joint
from mien.recipes.mien.clip_data import ClipData
from mien.recipes.mien.clip_models import FIXED_POOLS, joining

__all__ = ["Fits", "fit_fixed", "fit_pools"]

Rows = NDArray[np.float64]
Parts = Callable[[int], Mapping[str, Encoded]]
"""Number of a test fold -> both branches of all clips."""


@dataclass
class Fits:
    """What fitted systems say of clips whose actors they did not learn from.

    Args:
        systems: {system: log-probabilities (n,C)}.
        without: {branch: the same where that branch is taken away}.
        numbers: {system: how many numbers were fitted on clips}.
        joints: {system: its fusion of each test fold}.
    """

    systems: dict[str, Rows] = field(default_factory=dict)
    without: dict[str, dict[str, Rows]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    joints: dict[str, list[Fused]] = field(default_factory=dict)

    def take(self, other: Fits) -> None:
        """Add the systems of another."""
        self.systems |= other.systems
        self.numbers |= other.numbers
        self.joints |= other.joints
        for branch, rows in other.without.items():
            self.without.setdefault(branch, {}).update(rows)


def fit_fixed(data: ClipData, folder: Path) -> Fits:
    """`FIXED_POOLS` on mean pooling, and each branch alone; `folder` takes what fusions write."""
    return fit_pools(data, lambda _: data.encoded(), FIXED_POOLS, 0, folder, alone=True)


def fit_pools(
    data: ClipData,
    parts: Parts,
    fusions: Mapping[str, Fusion],
    seed: int,
    folder: Path,
    *,
    alone: bool = False,
) -> Fits:
    """Fusions, fitted on the training clips of each fold and asked about its test clips.

    Args:
        data: labels and folds.
        parts: both branches.
        fusions: by name.
        seed: of everything that is drawn.
        folder: takes what fusions write.
        alone: also give each branch as a system.
    """
    result, recipe = Fits(), joining(fusions)
    for fold in np.unique(data.fold).tolist():
        out, given = data.fold == fold, parts(fold)
        seen = {b: one.rows(~out) for b, one in given.items()}
        groups, place = data.fold[~out], folder / f"fold{fold}"
        joint = fit_joint(recipe, seen, data.labels[~out], groups, seed, place)
        asked = {b: one.rows(out) for b, one in given.items()}
        for name, rows in joint.systems(asked).items():
            if name in fusions or alone:
                _put(result.systems, name, rows, out)
        for branch in asked:
            kept = {b: one if b != branch else _absent(one) for b, one in asked.items()}
            missing = result.without.setdefault(branch, {})
            for name, fused in joint.fused.items():
                _put(missing, name, np.log(np.maximum(fused.batch(kept), 1e-9)), out)
        for name, fused in joint.fused.items():
            result.numbers[name] = _fitted_numbers(fused)
            result.joints.setdefault(name, []).append(fused)
    return result


def _put(systems: dict[str, Rows], name: str, rows: Rows, where: NDArray[np.bool_]) -> None:
    systems.setdefault(name, np.full((len(where), rows.shape[1]), np.nan))[where] = rows


def _absent(one: Encoded) -> Encoded:
    return Encoded(one.log_probs, one.descriptor, np.zeros(len(one.present), bool))


def _fitted_numbers(fused: Fused) -> int:
    """Weights that can differ, temperatures, and the numbers in a network."""
    if isinstance(fused, FusedLogPool):
        return len(fused.branches) - 1 + len(fused.temperatures)
    if isinstance(fused, FusedWeightedMean):
        return len(fused.branches)
    if isinstance(fused, FusedOnnx):
        import onnx

        held = onnx.load(str(fused.file)).graph.initializer
        return 1 + int(sum(np.prod(one.dims) for one in held))
    return 1

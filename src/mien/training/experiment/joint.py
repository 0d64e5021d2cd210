"""How the branches of a run are joined: fitted on held-out scores, kept with the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.fusion.branch_scores import BranchScores
from mien.fusion.calibrate import calibrated, held_out
from mien.fusion.fit_log_pool import temperature
from mien.fusion.fuser import Fused, Fusion
from mien.fusion.load import load_fusion
from mien.fusion.log_opinion import FusedLogPool, LogOpinion
from mien.fusion.log_pool import softmax
from mien.fusion.network_fusion import NetworkFusion
from mien.training.recipes.declaration import Recipe

__all__ = ["Joint", "alone", "fit_joint", "main_system", "read_joint"]

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]

_LEAST = 1e-9


@dataclass(frozen=True)
class Joint:
    """The systems of a run: each branch alone, and each fusion.

    Args:
        temperatures: of each branch where it speaks alone.
        fused: the fitted fusions.
        specs: what `mien.fusion.load.load_fusion` reads them from.
    """

    temperatures: Mapping[str, float]
    fused: Mapping[str, Fused]
    specs: Mapping[str, Mapping[str, object]]

    def systems(self, parts: Mapping[str, BranchScores]) -> dict[str, Rows]:
        """{system: (n,C) log-probabilities}, NaN rows where a system is absent."""
        answers = {}
        for branch, part in parts.items():
            rows = np.full(part.log_probs.shape, np.nan)
            here = part.log_probs[part.present] / self.temperatures[branch]
            rows[part.present] = np.log(np.maximum(softmax(here), _LEAST))
            answers[branch] = rows
        for name, fused in self.fused.items():
            together = fused.batch({b: parts[b] for b in fused.branches})
            answers[name] = np.log(np.maximum(together, _LEAST))
        return answers


def main_system(recipe: Recipe) -> str:
    """The system that is shipped: the first fusion, or the only branch."""
    return next(iter(recipe.joins), next(iter(recipe.branches)))


def fit_joint(
    recipe: Recipe,
    parts: Mapping[str, BranchScores],
    labels: Labels,
    groups: Labels | None,
    seed: int,
    folder: Path,
    held: Callable[[str], Rows] | None = None,
    layers: Callable[[str], Fused | None] = lambda _: None,
) -> Joint:
    """Fit temperatures and fusions.

    Args:
        recipe: the declaration.
        parts: {branch: what it says of n clips that it was not trained on}.
        labels: (n,) columns.
        groups: (n,) numbers; the temperature of a fusion is fitted on each group by what the
            others teach. None fits it on the very clips, as the papers would.
        seed: of everything that is drawn.
        folder: takes the files of the fusions.
        held: name of a fusion of descriptors -> (n,C) what it says of clips that neither it nor
            the networks below it have seen, for its temperature. Scores are held out as they
            are; descriptors are of networks that know the clips.
        layers: name of a fusion -> its fitted form, where it was trained with its branches.
    """
    classes = next(iter(parts.values())).log_probs.shape[1]
    temperatures = {branch: _temperature(part, labels) for branch, part in parts.items()}
    fused, specs = {}, {}
    for name, (fusion, of) in recipe.joins.items():
        used = {b: parts[b] for b in of if parts[b].present.any()}
        if not used:
            raise UsageError(f"fusion '{name}': no clip has any of its branches")
        (folder / name).mkdir(parents=True, exist_ok=True)
        joined = layers(name) or fusion.fit(used, labels, classes, seed, folder / name)
        if isinstance(fusion, NetworkFusion) and held is not None:
            joined = calibrated(joined, held(name), labels)
        else:
            joined = _calibrated(fusion, joined, used, labels, groups, seed, folder / name)
        fused[name], specs[name] = joined, joined.save(folder / name)
    content = {"temperatures": temperatures, "fusions": specs}
    folder.mkdir(parents=True, exist_ok=True)
    with atomic(folder / "joint.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n")
    return Joint(temperatures, fused, specs)


def _calibrated(
    fusion: Fusion,
    fused: Fused,
    parts: Mapping[str, BranchScores],
    labels: Labels,
    groups: Labels | None,
    seed: int,
    folder: Path,
) -> Fused:
    if isinstance(fusion, LogOpinion):
        return fused  # has temperatures of its own
    if groups is None or len(np.unique(groups)) < 2:
        return calibrated(fused, fused.batch(parts), labels)
    held = held_out(fusion, parts, labels, fused.classes, groups, seed, folder / "held_out")
    return calibrated(fused, held, labels)


def _temperature(part: BranchScores, labels: Labels) -> float:
    rows, classes = part.log_probs[part.present], part.log_probs.shape[1]
    enough = len(rows) >= 2 * classes  # with fewer, no better guess than leaving the scores be
    return float(temperature(rows, labels[part.present])) if enough else 1.0


def read_joint(folder: Path) -> Joint:
    """What `fit_joint` kept in a folder."""
    content = json.loads((folder / "joint.json").read_text())
    specs = content["fusions"]
    fused = {name: load_fusion(spec, folder / name) for name, spec in specs.items()}
    return Joint(content["temperatures"], fused, specs)


def alone(branch: str, temperature: float, classes: int) -> Fused:
    """A single branch in the form of a fusion, for bundles."""
    return FusedLogPool((branch,), classes, {branch: 1.0}, {branch: temperature})

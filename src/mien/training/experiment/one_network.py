"""Fitting branches and the layers that join them as one network, and what is kept of it.

The unit of the first branch makes the fit. Its folder keeps, besides its own weights:

    one_network/BRANCH/      the weights of each other branch, which its unit takes over
    one_network/fusion.json  the layers that join them, with fusion.onnx
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from mien.core.atomic import atomic
from mien.fusion.concat_mlp import ConcatMlp
from mien.fusion.fuser import Fused
from mien.fusion.load import load_fusion
from mien.training.distributed import is_first
from mien.training.experiment.paths import ExperimentPaths
from mien.training.experiment.plan import FitJob
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.joint import JointLearner
from mien.training.learners.learner import Learner, learner
from mien.training.learners.mlp import MlpLearner
from mien.training.learners.recurrent import RecurrentLearner

__all__ = ["PART", "fit_together", "joining_layers"]

PART = "one_network"


def fit_together(task: ExperimentPaths, unit: FitJob, data: Mapping[str, ClipSet]) -> Learner:
    """Train the network that a unit's branch is the first part of; gives that branch's learner.

    Args:
        task: of the run.
        unit: of the first branch.
        data: {branch of the network: the training clips with its features}.
    """
    name, _ = task.network(unit.branch)
    how, of = task.recipe.joins[name]
    assert isinstance(how, ConcatMlp)
    classes = next(iter(data.values())).classes
    members: dict[str, RecurrentLearner | MlpLearner] = {}
    for branch in of:
        shape = next(f.values.shape[1:] for f in data[branch].features if len(f))
        made = learner(task.recipe, branch, classes, shape)
        assert isinstance(made, RecurrentLearner | MlpLearner)
        members[branch] = made
    joint = JointLearner(how, members, classes)
    joint.train({branch: data[branch] for branch in of}, task.folder(unit), unit.seed)
    learners: dict[str, Learner] = {**members}
    for member, model in members.items():
        if isinstance(model, RecurrentLearner) and model.base is not None:
            learners[task.recipe.base(member)] = model.base
    if is_first():
        _keep(task, unit, joint, learners)
    return learners[unit.branch]


def _keep(
    task: ExperimentPaths, unit: FitJob, joint: JointLearner, learners: Mapping[str, Learner]
) -> None:
    folder = task.folder(unit) / PART
    for branch, model in learners.items():
        if branch != unit.branch:
            (folder / branch).mkdir(parents=True, exist_ok=True)
            model.save(folder / branch)
    spec = joint.fused(folder).save(folder)
    with atomic(folder / "fusion.json") as partial:
        partial.write_text(json.dumps(spec) + "\n")


def joining_layers(task: ExperimentPaths, fusion: str, unit: FitJob) -> Fused | None:
    """The fitted form of a fusion that was trained with its branches; None for others.

    Args:
        task: of the run.
        fusion: its name.
        unit: of any of its branches, which is finished.
    """
    members = task.recipe.together.get(fusion)
    if members is None:
        return None
    lead = task.lead(unit)
    assert lead is not None
    folder = task.folder(lead) / PART
    return load_fusion(json.loads((folder / "fusion.json").read_text()), folder)

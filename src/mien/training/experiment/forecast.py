"""What a run will take, before it begins: parameters, memory, and hours on this machine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from mien.fusion.concat_mlp import ConcatMlp
from mien.training.experiment.plan import FitJob
from mien.training.models.build import RowEncoder
from mien.training.recipes.declaration import Encoder, Recipe, Recurrent
from mien.training.schedules import OptimConfig

__all__ = ["Forecast", "forecast", "lines"]

_BACKWARD = 3  # a step costs about three passes forwards
_SIDE = 1024  # of the matrices that tell how fast this machine is


@dataclass(frozen=True)
class Forecast:
    """Of the fits of one network on single rows or windows; heads on it are quick beside it.

    Args:
        branch: its name.
        parameters: of the network.
        gigabytes: of weights, gradients and the optimiser's state; what a batch takes comes on top.
        fits: trainings of it in the run.
        operations: floating-point ones of all of them.
    """

    branch: str
    parameters: int
    gigabytes: float
    fits: int
    operations: float


def forecast(recipe: Recipe, units: Sequence[FitJob], classes: int) -> list[Forecast]:
    """One for each encoder of a recipe.

    Args:
        recipe: with all numbers settled.
        units: the fits that are to be made; those that take over another one cost nothing.
        classes: of the label set.
    """
    fits = Counter(unit.branch for unit in units if not unit.like)
    return [
        _of(name, branch.model, _training(recipe, name, branch.model), fits[name], classes)
        for name, branch in recipe.branches.items()
        if isinstance(branch.model, Encoder)
    ]


def _training(recipe: Recipe, name: str, model: Encoder) -> tuple[tuple[OptimConfig, ...], int]:
    """Stages of what an encoder is trained in, and its rows in a batch."""
    for fusion, members in recipe.together.items():
        how = recipe.fusions[fusion].how
        heads = [b for b in members if recipe.base(b) == name]
        if heads and isinstance(how, ConcatMlp):
            head = recipe.branches[heads[0]].model
            assert isinstance(head, Recurrent)
            return (how.training,), how.batch * max(1, head.sampler.length)
    return (model.schooling.fit, *model.schooling.then), model.schooling.batch


def _of(
    name: str,
    model: Encoder,
    training: tuple[tuple[OptimConfig, ...], int],
    fits: int,
    classes: int,
) -> Forecast:
    window = (model.window,) if model.window > 1 else ()
    shape = (model.net.size, model.net.size, 3)
    with torch.device("meta"):
        net = RowEncoder(model.net, classes, shape).eval()
        rows = torch.zeros(1, *window, *shape, dtype=torch.uint8)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            net(rows)
    count = sum(parameter.numel() for parameter in net.net.parameters())
    stages, batch = training
    steps = sum(stage.epochs * stage.steps for stage in stages)
    state = max(1 if stage.optimiser == "sgd" else 2 for stage in stages)
    # weights, gradients, the averaged weights and those that are kept
    gigabytes = 4 * count * (4 + state) / 1e9
    each = counter.get_total_flops() * _BACKWARD * batch * steps
    return Forecast(name, count, gigabytes, fits, float(each * fits))


def lines(forecasts: Sequence[Forecast], at_a_time: int) -> list[str]:
    """For people; with hours by the speed that is measured now.

    Args:
        forecasts: of a run.
        at_a_time: fits that share the machine; it is as fast as a whole either way.
    """
    if not forecasts:
        return []
    speed = _speed()
    text = [
        f"plan: {encoder.branch}: {encoder.parameters / 1e6:.1f} million parameters, "
        f"{encoder.gigabytes * at_a_time:.1f} GB or more, "
        f"{encoder.fits} fits, about {_hours(encoder.operations / speed)}"
        for encoder in forecasts
    ]
    whole = sum(encoder.operations for encoder in forecasts) / speed
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "this processor"
    return [*text, f"plan: about {_hours(whole)} in all on {where}, once the clips are measured"]


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.0f} h" if hours >= 10 else f"{hours:.1f} h" if hours >= 0.1 else "minutes"


def _speed() -> float:
    """Operations a second of a product of matrices, the best of three, on all of the machine."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    matrix = torch.ones(_SIDE, _SIDE, device=device)
    best = 0.0
    for _ in range(3):
        began = time.perf_counter()
        (matrix @ matrix).sum().item()
        best = max(best, 2 * _SIDE**3 / (time.perf_counter() - began))
    return best

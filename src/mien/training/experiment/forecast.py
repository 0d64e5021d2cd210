"""What a run will take, before it begins: parameters, memory, and hours on this machine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from mien.fusion.concat_mlp import ConcatMlp
from mien.training.experiment.plan import FitJob
from mien.training.models.build import RowEncoder
from mien.training.recipes.declaration import Encoder, Recipe, Recurrent
from mien.training.schedules import OptimConfig

__all__ = ["Forecast", "forecast", "lines", "speed_of"]

_BACKWARD = 3  # a step costs about three passes forwards
_ROWS = 32  # at most, of the step that tells how fast this machine is
_LONG = 4e10  # operations forwards, where a processor should not make more rows


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
    net, rows = _network(model, classes, 1)
    count, operations = sum(p.numel() for p in net.net.parameters()), _operations(net, rows)
    stages, batch = training
    steps = sum(stage.epochs * stage.steps for stage in stages)
    state = max(1 if stage.optimiser == "sgd" else 2 for stage in stages)
    # weights, gradients, the averaged weights and those that are kept
    gigabytes = 4 * count * (4 + state) / 1e9
    each = operations * _BACKWARD * batch * steps
    return Forecast(name, count, gigabytes, fits, float(each * fits))


def speed_of(recipe: Recipe, branch: str, classes: int) -> float:
    """Operations a second that a network of a recipe is trained with here, on its own rows.

    A step is made and timed: large networks come near to what the machine can do, small ones and
    those of narrow convolutions do not.
    """
    model = recipe.branches[branch].model
    assert isinstance(model, Encoder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    each = _operations(*_network(model, classes, 1))
    count = _ROWS if device == "cuda" else max(1, min(_ROWS, int(_LONG / each)))
    net, rows = _network(model, classes, count)
    operations = each * count * _BACKWARD
    net, rows = net.to_empty(device=device).train(), torch.zeros_like(rows, device=device)
    for parameter in net.parameters():
        torch.nn.init.constant_(parameter, 0.01)
    best = 0.0
    for _ in range(2):
        began = time.perf_counter()
        _, logits = net(rows)
        logits.square().mean().backward()
        if device == "cuda":
            torch.cuda.synchronize()
        best = max(best, operations / (time.perf_counter() - began))
    return best


def _network(model: Encoder, classes: int, count: int) -> tuple[RowEncoder, torch.Tensor]:
    """A network that takes no memory, and rows for it."""
    window = (model.window,) if model.window > 1 else ()
    shape = (model.net.size, model.net.size, 3)
    with torch.device("meta"):
        rows = torch.zeros(count, *window, *shape, dtype=torch.uint8)
        return RowEncoder(model.net, classes, shape), rows


def _operations(net: RowEncoder, rows: torch.Tensor) -> int:
    """Floating-point ones of one pass forwards."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.eval()(rows)
    return int(counter.get_total_flops())


def lines(forecasts: Sequence[Forecast], at_a_time: int, speeds: Mapping[str, float]) -> list[str]:
    """For people.

    Args:
        forecasts: of a run.
        at_a_time: fits that share the machine; it is as fast as a whole either way.
        speeds: {branch: operations a second}, see `speed_of`.
    """
    if not forecasts:
        return []
    seconds = {encoder.branch: encoder.operations / speeds[encoder.branch] for encoder in forecasts}
    text = [
        f"plan: {encoder.branch}: {encoder.parameters / 1e6:.1f} million parameters, "
        f"{encoder.gigabytes * at_a_time:.1f} GB or more, "
        f"{encoder.fits} fits, about {_hours(seconds[encoder.branch])}"
        for encoder in forecasts
    ]
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "this processor"
    whole = _hours(sum(seconds.values()))
    return [*text, f"plan: about {whole} in all on {where}, once the clips are measured"]


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.0f} h" if hours >= 10 else f"{hours:.1f} h" if hours >= 0.1 else "minutes"

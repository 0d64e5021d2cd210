"""The one training loop, on Lightning Fabric: one CPU or GPU, or several processes (DDP).

Read it from the top: `fit` runs the epochs, the rest are its steps. The numbers are an
`OptimConfig` (`mien.training.schedules`, which needs no torch).

Several processes (`distributed`) train with the numbers of one: each takes every n-th row of every
batch, batch norms and dropout see the whole batch (`sync_batch`), gradients are averaged, and
the first one scores and writes.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import math
import os
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning_fabric import Fabric
from rich.progress import Progress, TimeRemainingColumn
from torch import Tensor, nn

from mien.core.atomic import atomic
from mien.errors import TrainingError, UsageError
from mien.training.devices import precision_of
from mien.training.distributed import agreed, is_first
from mien.training.schedules import OptimConfig, share
from mien.training.sync_batch import see_whole_batches, share_of

__all__ = ["Batch", "OptimConfig", "Score", "fit", "make_optimiser", "one_step"]

logging.getLogger("lightning_fabric").setLevel(logging.WARNING)


class Batch(NamedTuple):
    """What one optimiser step sees.

    Args:
        tensors: for the loss; their first dimension is the clip.
        ids: of the clips, for error messages; may be empty.
    """

    tensors: tuple[Tensor, ...]
    ids: tuple[str, ...] = ()


Batches = Callable[[int], Iterable[Batch]]
Loss = Callable[[nn.Module, tuple[Tensor, ...]], Tensor]
Score = Callable[[nn.Module], dict[str, float]]


@dataclass
class _State:
    """All that an interrupted training needs to go on."""

    model: nn.Module
    averaged: nn.Module
    optimiser: torch.optim.Optimizer
    best: float = -math.inf
    kept: dict[str, Tensor] = field(default_factory=dict)
    epoch: int = -1
    stale: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def fit(
    model: nn.Module,
    batches: Batches,
    loss: Loss,
    score: Score | None,
    config: OptimConfig,
    folder: Path,
    *,
    fabric: Fabric | None = None,
    show: bool = True,
) -> nn.Module:
    """Train `model` and return its averaged weights as a model in evaluation mode, on the CPU.

    Writes `log.csv` (a line an epoch), `fit.json` and `state.pt` into `folder`. An interrupted
    training goes on from its last whole epoch, with the numbers of an uninterrupted one.

    Args:
        model: the network, freshly initialised.
        batches: epoch number -> the whole batches of that epoch, in every process the same ones.
        loss: (model, tensors of a batch) -> mean over the batch.
        score: averaged model, on its device -> numbers for the log; None scores nothing. Only
            the first process is asked.
        config: the settings.
        folder: where log and state go; made if it is missing.
        fabric: the devices; None is this machine's CPU in one process. See `mien.training.devices`.
        show: whether to draw a progress bar, on a terminal.

    Raises:
        TrainingError: the loss is not finite; says at which batch and clips. The state of the
            last whole epoch stays.
        UsageError: `config.select` names no score, or `config.rates` freezes everything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fabric = fabric or Fabric(accelerator="cpu", devices=1, precision=precision_of(config))
    averaged = deepcopy(model).eval()
    rows = 0
    if fabric.world_size > 1:
        see_whole_batches(model, lambda: rows)
    network, optimiser = fabric.setup(model, make_optimiser(model, config))
    averaged.to(fabric.device)
    state = _State(model, averaged, optimiser, kept=deepcopy(averaged.state_dict()))
    _load(state, folder / "state.pt")
    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn())
    hidden = not (show and os.isatty(1) and fabric.is_global_zero)
    with Progress(*columns, disable=hidden, transient=True) as progress:
        done = (state.epoch + 1) * config.steps
        task = progress.add_task("training", total=config.epochs * config.steps, completed=done)
        for epoch in range(state.epoch + 1, config.epochs):
            if config.patience and state.stale >= config.patience:
                break
            began = time.monotonic()
            torch.manual_seed(config.seed * 10_007 + epoch)
            _to_training(network)
            losses = []
            for step, batch in enumerate(batches(epoch)):
                _set_rate(optimiser, config, epoch + step / config.steps)
                rows = len(batch.tensors[0])
                value = one_step(fabric, network, optimiser, loss, batch, config)
                if not math.isfinite(value):
                    raise TrainingError(_not_finite(value, epoch, step, batch))
                _follow(averaged, model, config.average, epoch * config.steps + step)
                losses.append(value)
                progress.advance(task)
            row = {"epoch": float(epoch), "loss": sum(losses) / len(losses)}
            row |= agreed(lambda: score(averaged)) if score else {}
            row["seconds"] = round(time.monotonic() - began, 1)
            _keep(state, row, config)
            if is_first():
                _save(state, folder)
    averaged.load_state_dict(state.kept)
    if is_first():
        with atomic(folder / "fit.json") as partial:
            partial.write_text(json.dumps(asdict(config), indent=1) + "\n")
    return averaged.cpu()


def make_optimiser(model: nn.Module, config: OptimConfig) -> torch.optim.Optimizer:
    """Parameters in groups by decay and by factor of the rate; frozen ones in none."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        factor = next((f for start, f in config.rates if name.startswith(start)), 1.0)
        parameter.requires_grad_(factor > 0)
        decay = config.weight_decay if parameter.ndim > 1 else 0.0
        if factor > 0:
            groups.setdefault((decay, factor), []).append(parameter)
    if not groups:
        raise UsageError("fit.rates freezes every parameter; nothing is left to train")
    parts: list[dict[str, Any]] = [
        {"params": p, "weight_decay": decay, "factor": factor}
        for (decay, factor), p in groups.items()
    ]
    if config.optimiser == "sgd":
        return torch.optim.SGD(parts, lr=config.rate, momentum=0.9, nesterov=True)
    kind = torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam
    return kind(parts, lr=config.rate)


def _set_rate(optimiser: torch.optim.Optimizer, config: OptimConfig, epoch: float) -> None:
    part = share(
        config.schedule,
        epoch,
        config.epochs,
        warmup=config.warmup,
        gamma=config.gamma,
        period=config.period,
    )
    for group in optimiser.param_groups:
        group["lr"] = config.rate * part * group["factor"]


def _to_training(network: nn.Module) -> None:
    """Training mode; frozen batch norms keep their statistics, as they keep their weights."""
    network.train()
    for part in network.modules():
        norm = isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d)
        if norm and part.affine and not part.weight.requires_grad:
            part.eval()


def one_step(
    fabric: Fabric,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    loss: Loss,
    batch: Batch,
    config: OptimConfig,
) -> float:
    """One step of the optimiser on a batch, shared among the processes; its loss before it."""
    rows = len(batch.tensors[0])
    if rows < fabric.world_size:
        raise UsageError(f"{fabric.world_size} processes cannot share a batch of {rows}; use fewer")
    tensors = tuple(fabric.to_device(t[share_of(rows)]) for t in batch.tensors)
    optimiser.zero_grad(set_to_none=True)
    value = _backward(fabric, network, loss, tensors, rows, config.part)
    if config.clip:
        fabric.clip_gradients(network, optimiser, max_norm=config.clip, error_if_nonfinite=False)
    optimiser.step()
    mean = fabric.all_reduce(value, reduce_op="mean")
    assert isinstance(mean, Tensor)
    return float(mean)


def _backward(
    fabric: Fabric,
    network: nn.Module,
    loss: Loss,
    local: tuple[Tensor, ...],
    rows: int,
    most: int,
) -> Tensor:
    """Gradients of this process's rows, `most` at a time; gives their share of the loss."""
    count = len(local[0])
    parts = [slice(k, k + most) for k in range(0, count, most)] if most else [slice(0, count)]
    whole = torch.zeros((), device=local[0].device)
    for number, part in enumerate(parts):
        tensors = tuple(tensor[part] for tensor in local)
        last = number == len(parts) - 1
        with fabric.no_backward_sync(network, enabled=not last):  # type: ignore[arg-type]
            # DDP takes the mean over processes, the batch's only where their parts weigh so.
            value = loss(network, tensors) * (len(tensors[0]) * fabric.world_size / rows)
            fabric.backward(value)
        whole += value.detach()
    return whole


@torch.no_grad()
def _follow(averaged: nn.Module, model: nn.Module, most: float, step: int) -> None:
    """Move the averaged weights and statistics a little towards the model's.

    The decay rises to `most` over the first steps, so that short trainings forget where they began.
    """
    decay = min(most, (1 + step) / (10 + step))
    pairs = zip(averaged.state_dict().values(), model.state_dict().values(), strict=True)
    for kept, fresh in pairs:
        if kept.is_floating_point():
            kept.lerp_(fresh, 1 - decay)
        else:
            kept.copy_(fresh)


def _keep(state: _State, row: dict[str, float], config: OptimConfig) -> None:
    """Note the epoch, and keep its weights if it is the best so far."""
    state.epoch = int(row["epoch"])
    state.history.append({key: round(value, 5) for key, value in row.items()})
    key = config.select.removeprefix("-")
    if key and key not in row:
        known = ", ".join(name for name in row if name != "seconds")
        raise UsageError(f"fit.select '{config.select}': no such score; there are {known}")
    value = float(state.epoch) if not key else row[key] * (-1 if config.select != key else 1)
    state.stale += 1
    if value > state.best:
        state.best, state.stale = value, 0
        state.kept = deepcopy(state.averaged.state_dict())


def _not_finite(value: float, epoch: int, step: int, batch: Batch) -> str:
    names = ", ".join(dict.fromkeys(batch.ids[:8]))
    more = f" and {len(batch.ids) - 8} more" if len(batch.ids) > 8 else ""
    clips = f"; clips of the batch: {names}{more}" if batch.ids else ""
    return (
        f"the loss is {value} at epoch {epoch}, batch {step}; the {epoch} whole epochs before it "
        f"are kept; try a lower fit.rate{clips}"
    )


def _save(state: _State, folder: Path) -> None:
    """State and log, each whole or not at all."""
    content = {
        "model": state.model.state_dict(),
        "averaged": state.averaged.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "best": state.best,
        "kept": state.kept,
        "epoch": state.epoch,
        "stale": state.stale,
        "history": state.history,
    }
    with atomic(folder / "state.pt") as partial:
        torch.save(content, partial)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(state.history[0]))
    writer.writeheader()
    writer.writerows(state.history)
    with atomic(folder / "log.csv") as partial:
        partial.write_text(text.getvalue())


def _load(state: _State, path: Path) -> None:
    if not path.exists():
        return
    saved = torch.load(path, map_location="cpu", weights_only=True)
    try:
        state.model.load_state_dict(saved["model"])
        state.averaged.load_state_dict(saved["averaged"])
        state.optimiser.load_state_dict(saved["optimiser"])
        state.best, state.kept, state.epoch = saved["best"], saved["kept"], saved["epoch"]
        state.stale, state.history = saved["stale"], saved["history"]
    except (KeyError, RuntimeError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise TrainingError(
            f"{path}: from another network or an older version ({first}); use another folder"
        ) from None

"""The one training loop: SGD or AdamW, one-cycle rate, averaged weights, log, resume."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from rich.progress import Progress, TimeRemainingColumn
from torch import Tensor, nn

__all__ = ["Fit", "fit"]

Batches = Callable[[int], Iterable[tuple[Tensor, ...]]]
Loss = Callable[[nn.Module, tuple[Tensor, ...]], Tensor]
Score = Callable[[nn.Module], dict[str, float]]


@dataclass(frozen=True)
class Fit:
    """How long and how fast to train.

    Args:
        epochs: passes over the data.
        steps: optimiser steps in each epoch.
        optimiser: "sgd" (Nesterov, momentum 0.9) or "adamw".
        rate: highest learning rate of the one-cycle schedule (Smith & Topin 2018).
        warmup: part of all steps over which the rate rises.
        weight_decay: on weights of two or more dimensions; not on norms and biases.
        average: decay of the exponential moving average of the weights that is scored and kept.
        seed: of weights, order and augmentation.
        bf16: run the forward pass in bfloat16.
        select: the key of the score that chooses the epoch; "" keeps the last epoch, for
            trainings that have no data to choose on.
    """

    epochs: int
    steps: int
    optimiser: str = "sgd"
    rate: float = 0.1
    warmup: float = 0.15
    weight_decay: float = 5e-4
    average: float = 0.998
    seed: int = 0
    bf16: bool = False
    select: str = ""


def fit(
    model: nn.Module, batches: Batches, loss: Loss, score: Score | None, how: Fit, folder: Path
) -> nn.Module:
    """Train `model` and return its averaged weights as a model in evaluation mode.

    Writes `log.jsonl` (a line an epoch) and `state.pt` (to go on after an interruption) into
    `folder`. An interrupted training goes on from its last whole epoch and gives the epochs
    that are left the same data order as an uninterrupted one.

    Args:
        model: the network, freshly initialised.
        batches: epoch number -> the batches of that epoch.
        loss: (model, batch) -> scalar.
        score: averaged model -> numbers for the log; None scores nothing.
        how: the settings.
        folder: where log and state go; made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    averaged = deepcopy(model).eval()
    optimiser = _optimiser(model, how)
    best, kept, first = -math.inf, deepcopy(averaged.state_dict()), 0
    state = folder / "state.pt"
    if state.exists():
        saved = torch.load(state, weights_only=True)
        model.load_state_dict(saved["model"])
        averaged.load_state_dict(saved["averaged"])
        optimiser.load_state_dict(saved["optimiser"])
        best, kept, first = saved["best"], saved["kept"], saved["epoch"] + 1
    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn())
    with Progress(*columns, disable=not os.isatty(1)) as progress:
        task = progress.add_task(
            "training", total=how.epochs * how.steps, completed=first * how.steps
        )
        for epoch in range(first, how.epochs):
            began = time.monotonic()
            torch.manual_seed(how.seed * 10_007 + epoch)
            losses = []
            for step, batch in enumerate(batches(epoch)):
                _set_rate(optimiser, how, epoch * how.steps + step)
                losses.append(_step(model, averaged, optimiser, loss, batch, how))
                progress.advance(task)
            row: dict[str, float] = {"epoch": epoch, "loss": sum(losses) / len(losses)}
            row |= score(averaged) if score else {}
            row["seconds"] = round(time.monotonic() - began, 1)
            with (folder / "log.jsonl").open("a") as log:
                log.write(json.dumps({k: round(v, 5) for k, v in row.items()}) + "\n")
            value = row[how.select] if how.select else float(epoch)
            if value > best:
                best, kept = value, deepcopy(averaged.state_dict())
            _save(state, model, averaged, optimiser, best, kept, epoch)
    averaged.load_state_dict(kept)
    (folder / "fit.json").write_text(json.dumps(asdict(how), indent=1))
    return averaged


def _optimiser(model: nn.Module, how: Fit) -> torch.optim.Optimizer:
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": how.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    if how.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=how.rate)
    return torch.optim.SGD(groups, lr=how.rate, momentum=0.9, nesterov=True)


def _set_rate(optimiser: torch.optim.Optimizer, how: Fit, step: int) -> None:
    """One cycle: linear rise over `warmup` of the steps, cosine to zero over the rest."""
    done = step / (how.epochs * how.steps)
    if done < how.warmup:
        part = 0.05 + 0.95 * done / how.warmup
    else:
        part = 0.5 * (1 + math.cos(math.pi * (done - how.warmup) / (1 - how.warmup)))
    for group in optimiser.param_groups:
        group["lr"] = how.rate * part


def _step(
    model: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    loss: Loss,
    batch: tuple[Tensor, ...],
    how: Fit,
) -> float:
    model.train()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=how.bf16):
        value = loss(model, batch)
    optimiser.zero_grad(set_to_none=True)
    value.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimiser.step()
    with torch.no_grad():
        for mine, theirs in zip(
            averaged.state_dict().values(), model.state_dict().values(), strict=True
        ):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - how.average)
            else:
                mine.copy_(theirs)
    return float(value.detach())


def _save(
    path: Path,
    model: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    best: float,
    kept: dict[str, Tensor],
    epoch: int,
) -> None:
    """Write the state beside its final name first, so that a cut-off write leaves the old one."""
    content = {
        "model": model.state_dict(),
        "averaged": averaged.state_dict(),
        "optimiser": optimiser.state_dict(),
        "best": best,
        "kept": kept,
        "epoch": epoch,
    }
    partial = path.with_suffix(".part")
    torch.save(content, partial)
    partial.replace(path)

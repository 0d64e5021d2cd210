"""Learning-rate range test (Smith 2017): how the loss answers to a rising rate."""

from __future__ import annotations

import math

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from mien.training.devices import nearest_device
from mien.training.loop import Batches, Loss, make_optimiser, one_step
from mien.training.schedules import OptimConfig

__all__ = ["rate_range", "suggested_rate"]


def rate_range(
    model: nn.Module,
    batches: Batches,
    loss: Loss,
    config: OptimConfig,
    *,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 100,
    fabric: Fabric | None = None,
) -> list[tuple[float, float]]:
    """The loss while the rate rises from low to high; `model` is trained by it, and of no more use.

    Returns:
        (rate, smoothed loss) for each step; ends early where the loss is four times its least.
    """
    fabric = fabric or nearest_device(config)
    network, optimiser = fabric.setup(model.train(), make_optimiser(model, config))
    torch.manual_seed(config.seed)
    rows: list[tuple[float, float]] = []
    mean, epoch = 0.0, 0
    while len(rows) < steps:
        for batch in batches(epoch):
            rate = low * (high / low) ** (len(rows) / (steps - 1))
            for group in optimiser.param_groups:
                group["lr"] = rate * group["factor"]
            value = one_step(fabric, network, optimiser, loss, batch, config)
            mean = 0.9 * mean + 0.1 * value
            smooth = mean / (1 - 0.9 ** (len(rows) + 1))  # the mean started at zero
            rows.append((rate, smooth))
            worst = not math.isfinite(value) or smooth > 4 * min(v for _, v in rows)
            if worst or len(rows) == steps:
                return rows
        epoch += 1
    return rows


def suggested_rate(rows: list[tuple[float, float]]) -> float | None:
    """A highest rate to train with: a tenth of the one where the loss is least.

    There the steps begin to be too long (the rule of fastai's `lr_find`). None where the loss
    never fell by a twentieth, so that nothing can be said.
    """
    rates, losses = np.array(rows).T
    losses = np.where(np.isfinite(losses), losses, np.inf)
    best = int(losses.argmin())
    if losses[best] > 0.95 * losses[0]:
        return None
    return float(f"{rates[best] / 10:.1g}")

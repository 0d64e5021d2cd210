"""How a network is fitted: the numbers of a training, and its learning-rate schedules.

No torch here, so that recipes can be listed and shown on the base install.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from mien.errors import UsageError

__all__ = ["LATER", "OptimConfig", "Schedule", "share"]

LATER = MappingProxyType({"later": True})
"""Metadata of a field that came after runs had been made without it; see `to_plain` of recipes."""

Schedule = Literal["one_cycle", "step", "exponential", "warm_restarts", "constant"]


@dataclass(frozen=True)
class OptimConfig:
    """How long and how fast to train.

    Args:
        epochs: passes over the data.
        steps: optimiser steps in each epoch.
        optimiser: "sgd" (Nesterov, momentum 0.9), "adam" or "adamw".
        rate: highest learning rate.
        schedule, warmup, gamma, period: see `share`.
        rates: (beginning of a parameter's name, factor) pairs; the first that fits multiplies
            its rate, and a factor of 0 freezes it.
        weight_decay: on weights of two or more dimensions; not on norms and biases.
        average: decay of the exponential moving average of the weights that is scored and kept;
            0 keeps the weights themselves.
        clip: largest norm of the gradient; 0 leaves gradients alone.
        patience: stop after so many epochs without a better score; 0 never stops early.
        seed: of weights, order and augmentation.
        bf16: run the forward pass in bfloat16.
        part: rows that go through the network at a time; a batch of more is taken in parts, whose
            gradients add up to those of the whole (256 pictures of 224 in 8 GB: part 32). Batch
            norms then see the parts. 0 takes every batch whole.
        select: the key of the score that chooses the epoch; "" keeps the last epoch, for
            trainings that have no data to choose on. A "-" before the key takes the least.
    """

    epochs: int
    steps: int
    optimiser: Literal["sgd", "adam", "adamw"] = "sgd"
    rate: float = 0.1
    schedule: Schedule = "one_cycle"
    warmup: float = 0.15
    gamma: float = 0.1
    period: float = 10.0
    rates: tuple[tuple[str, float], ...] = ()
    weight_decay: float = 5e-4
    average: float = 0.998
    clip: float = 5.0
    patience: int = 0
    seed: int = 0
    bf16: bool = False
    select: str = ""
    part: int = field(default=0, metadata=LATER)

    def __post_init__(self) -> None:
        for name in ("epochs", "steps", "rate", "period"):
            if not 0 < getattr(self, name) < math.inf:
                raise UsageError(f"fit.{name} {getattr(self, name)}: must be above 0")
        if not 0 <= self.clip < math.inf:
            raise UsageError(f"fit.clip {self.clip}: must be at least 0")
        if self.patience and not self.select:
            raise UsageError("fit.patience needs fit.select, the score to be patient about")


def share(
    schedule: Schedule,
    epoch: float,
    epochs: int,
    *,
    warmup: float = 0.0,
    gamma: float = 0.1,
    period: float = 10.0,
) -> float:
    """Share of the highest rate, in 0..1.

    Args:
        schedule: "one_cycle": linear rise over `warmup` of the training, then a cosine to zero
            (Smith & Topin 2018); "step": times `gamma` every `period` epochs; "exponential":
            times `gamma` every epoch; "warm_restarts": cosines of `period`, 2 `period`, ...
            epochs (SGDR, Loshchilov & Hutter 2017); "constant".
        epoch: epochs done, in fractions.
        epochs: of the whole training.
        warmup: part of the training over which the rate rises from a twentieth.
        gamma, period: see `schedule`.

    Raises:
        UsageError: an unknown schedule.
    """
    if schedule not in get_args(Schedule):
        raise UsageError(f"schedule '{schedule}': must be one of {', '.join(get_args(Schedule))}")
    done = epoch / epochs
    if done < warmup:
        return 0.05 + 0.95 * done / warmup
    if schedule == "one_cycle":
        return _cosine((done - warmup) / (1 - warmup))
    if schedule == "step":
        return float(gamma ** math.floor(epoch / period))
    if schedule == "exponential":
        return float(gamma**epoch)
    if schedule == "warm_restarts":
        cycle = math.floor(math.log2(epoch / period + 1))
        return _cosine((epoch - period * (2**cycle - 1)) / (period * 2**cycle))
    return 1.0


def _cosine(done: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * done))

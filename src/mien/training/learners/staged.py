"""What all networks share as learners: stages of training, weights on disk, scores of a clip."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.inference.aggregation import BranchOutput
from mien.inference.evidence import SpanRows
from mien.training.devices import nearest_device
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.rows import drawn
from mien.training.loop import Batch, Batches, Loss, Score, fit
from mien.training.losses import ClassLoss, mixed, smoothed
from mien.training.rate_range import rate_range
from mien.training.recipes.declaration import Network
from mien.training.recipes.networks import TrainingConfig
from mien.training.schedules import OptimConfig
from mien.types import Features

__all__ = ["Draws", "Staged", "log_softmax", "spoken"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

Draws = Callable[[ClipSet, np.random.Generator, int], tuple[Tensor, ...]]
"""(the clips of a batch, generator, epoch) -> what the network sees of them."""


class Staged(ABC):
    """A network that is trained in one or more stages; see `Learner`.

    Subclasses say how it begins, what it sees in a batch, what it gives, and what a clip says.
    """

    declared: Network
    net: nn.Module
    classes: int
    together = True

    @abstractmethod
    def _begin(self, data: ClipSet) -> Draws:
        """Put a fresh network for these clips into `net`; gives what draws its batches."""

    @abstractmethod
    def _logits(self, net: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        """(B,C) for what the network sees of a batch."""

    @abstractmethod
    def predict(self, features: Features) -> BranchOutput | None:
        """What a clip says; None where it has no valid row."""

    def train(self, data: ClipSet, folder: Path, seed: int) -> None:
        """Learn from clips that all have a valid row."""
        torch.manual_seed(seed)
        draws = self._begin(data)
        self.net = self._stages(self.net, data, self.declared.schooling, draws, folder, seed)

    def rate_range(self, data: ClipSet, seed: int) -> list[tuple[float, float]]:
        """See `mien.training.rate_range.rate_range`; of the first stage, in place of a training."""
        torch.manual_seed(seed)
        draws, school = self._begin(data), self.declared.schooling
        config = replace(school.fit, seed=seed)
        batches = _batches(data, school, config, draws, 0)
        return rate_range(self.net, batches, self._loss(data, school), config)

    def _stages(
        self,
        net: nn.Module,
        data: ClipSet,
        school: TrainingConfig,
        draws: Draws,
        folder: Path,
        seed: int,
    ) -> nn.Module:
        """Train a network through all stages of a schooling."""
        stages = [replace(stage, seed=seed) for stage in (school.fit, *school.then)]
        score = None
        if any(stage.select for stage in stages):
            data, watched = data.apart(0.2, seed)
            score = self._score(watched)
        loss = self._loss(data, school)
        for number, config in enumerate(stages):
            batches = _batches(data, school, config, draws, number)
            stage_folder = folder / f"stage{number + 1}" if number else folder
            device = nearest_device(config)
            net = fit(net, batches, loss, score, config, stage_folder, fabric=device, show=False)
        return net

    def _loss(self, data: ClipSet, school: TrainingConfig) -> Loss:
        criterion = ClassLoss(data.counts, school.balance, school.adjustment)

        def loss(model: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
            return criterion(self._logits(model, tensors[:-1]), tensors[-1])

        return loss

    def _score(self, data: ClipSet) -> Score:
        """Numbers to choose the epoch by, on clips that are not learned from."""

        def score(model: nn.Module) -> dict[str, float]:
            kept, self.net = self.net, model
            outputs = [self.predict(f) for f in data.features]
            self.net = kept
            log_probs = np.stack([output.mean for output in outputs if output is not None])
            right = log_probs.argmax(1) == data.labels
            recalls = [right[data.labels == n].mean() for n in np.unique(data.labels)]
            nll = -log_probs[np.arange(len(log_probs)), data.labels].mean()
            uar = float(np.mean(recalls))
            return {"accuracy": float(right.mean()), "uar": uar, "nll": float(nll)}

        return score

    def save(self, folder: Path) -> None:
        """Write the weights."""
        with atomic(folder / "weights.pt") as partial:
            torch.save(self.net.state_dict(), partial)

    def load(self, folder: Path) -> None:
        """Read the weights."""
        self.net.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
        self.net.eval()


def _batches(
    data: ClipSet, school: TrainingConfig, config: OptimConfig, draws: Draws, stage: int
) -> Batches:
    """Clips, and their targets."""

    def batches(epoch: int) -> Iterator[Batch]:
        draw = np.random.default_rng([config.seed, epoch + 10_000 * stage])
        for _ in range(config.steps):
            clips = data.rows(drawn(data, school.batch, draw, school.even))
            tensors = draws(clips, draw, epoch)
            targets = smoothed(torch.from_numpy(clips.labels), clips.classes, school.smoothing)
            if school.mixup:
                tensors, targets = _mixed(tensors, targets, school.mixup, draw)
            yield Batch((*tensors, targets), clips.ids)

    return batches


def _mixed(
    tensors: tuple[Tensor, ...], targets: Tensor, alpha: float, draw: np.random.Generator
) -> tuple[tuple[Tensor], Tensor]:
    """Each row and its target mixed with another one of the batch.

    Raises:
        UsageError: rows that make sequences have no common shape.
    """
    if len(tensors) > 1:
        raise UsageError("mixup mixes single rows, and this network reads sequences; set mixup=0")
    order = torch.from_numpy(draw.permutation(len(targets)))
    x, targets = mixed(tensors[0], targets, draw.beta(alpha, alpha), order)
    return (x,), targets


def log_softmax(logits: Tensor) -> Doubles:
    """Log-probabilities (N,C)."""
    return np.asarray(functional.log_softmax(logits.cpu(), 1).double().numpy())


def spoken(read: Any, rows: Floats, times: Doubles) -> BranchOutput | None:
    """What rows of a clip say, in the pieces that a bundle would read them in."""
    evidence = SpanRows(read)
    evidence.add(times, rows)
    return evidence.all()

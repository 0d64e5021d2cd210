"""What all learners of the papers' networks share: stages of training, and scores of a clip."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.evidence import SpanRows
from mien.learners.clip_set import ClipSet
from mien.losses import ClassLoss, smoothed
from mien.reading import Said
from mien.recipes.networks import Schooling
from mien.report.atomic import atomic
from mien.train import Batch, Batches, Score, fit, nearest_device
from mien.types import Features

__all__ = ["Staged", "log_softmax", "spoken"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Staged(ABC):
    """A network that is trained in one or more stages; see `mien.learners.learner.Learner`.

    Subclasses hold `net` and say how a batch is made, what it gives, and what a clip says.
    """

    net: nn.Module
    classes: int

    @abstractmethod
    def said(self, features: Features) -> Said | None:
        """What a clip says; None where it has no valid row."""

    @abstractmethod
    def _logits(self, net: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        """(B,C) for the tensors of a batch but the last, which holds the targets."""

    def _stages(
        self,
        net: nn.Module,
        data: ClipSet,
        school: Schooling,
        batches: Any,
        folder: Path,
        seed: int,
    ) -> nn.Module:
        """Train a network through all stages of a schooling.

        Args:
            batches: (clips, numpy generator, epoch) -> tensors of a batch, and the clips' places.
        """
        stages = [replace(stage, seed=seed) for stage in (school.fit, *school.then)]
        score = None
        if any(stage.select for stage in stages):
            data, watched = data.apart(0.2, seed)
            score = self._score(watched)
        criterion = ClassLoss(data.counts, school.balance, school.adjustment)

        def loss(model: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
            return criterion(self._logits(model, tensors[:-1]), tensors[-1])

        for number, how in enumerate(stages):
            one = self._batches(data, school, batches, number, seed, how.steps)
            place = folder / f"stage{number + 1}" if number else folder
            device = nearest_device(how)
            net = fit(net, one, loss, score, how, place, fabric=device, show=False)
        return net

    def _batches(
        self, data: ClipSet, school: Schooling, make: Any, stage: int, seed: int, steps: int
    ) -> Batches:
        def batches(epoch: int) -> Iterator[Batch]:
            draw = np.random.default_rng([seed, epoch + 10_000 * stage])
            for _ in range(steps):
                tensors, places = make(data, draw, epoch)
                labels = torch.from_numpy(data.labels[places])
                targets = smoothed(labels, data.classes, school.smoothing)
                yield Batch((*tensors, targets), tuple(data.ids[i] for i in places))

        return batches

    def _score(self, data: ClipSet) -> Score:
        """Numbers to choose the epoch by, on clips that are not learned from."""

        def score(model: nn.Module) -> dict[str, float]:
            kept, self.net = self.net, model
            found = [self.said(f) for f in data.features]
            self.net = kept
            said = np.stack([one.mean for one in found if one is not None])
            right = said.argmax(1) == data.labels
            recalls = [right[data.labels == n].mean() for n in np.unique(data.labels)]
            nll = -said[np.arange(len(said)), data.labels].mean()
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


def log_softmax(logits: Tensor) -> Doubles:
    """Log-probabilities (N,C)."""
    return np.asarray(functional.log_softmax(logits.cpu(), 1).double().numpy())


def spoken(read: Any, rows: Floats, times: Doubles) -> Said | None:
    """What rows of a clip say, in the pieces that a bundle would read them in."""
    evidence = SpanRows(read)
    evidence.add(times, rows)
    return evidence.all()

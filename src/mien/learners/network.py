"""Networks (torch) as learners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.evidence import pieces
from mien.export import to_onnx
from mien.learners.clip_set import ClipSet, valid_rows
from mien.learners.exported import Exported
from mien.losses import ClassLoss, mixed, smoothed
from mien.models.sequence_net import SequenceNet
from mien.models.statistics_net import StatisticsNet
from mien.models.voice_net import VoiceNet
from mien.rate_range import rate_range
from mien.reading import Said
from mien.recipes.declaration import Schooling, Sequence, Statistics, VoiceCnn
from mien.report.atomic import atomic
from mien.schedules import Fit
from mien.train import Batch, Batches, Loss, Score, fit, nearest_device
from mien.types import Features

__all__ = ["NetworkLearner"]

Floats = NDArray[np.float32]


def _build(model: Statistics | Sequence | VoiceCnn, classes: int, inputs: int) -> nn.Module:
    if isinstance(model, Statistics):
        return StatisticsNet(inputs, classes, model.hidden, model.dropout)
    if isinstance(model, VoiceCnn):
        return VoiceNet(classes, model.width, model.embedding, model.dropout)
    return SequenceNet(
        inputs,
        classes,
        model.hidden,
        model.layers,
        model.bidirectional,
        model.pooling,
        model.dropout,
    )


class NetworkLearner:
    """A network on the rows of clips; see `mien.learners.learner.Learner`.

    Args:
        model: as declared.
        classes: size of the label set.
        shape: of one row.
    """

    def __init__(
        self, model: Statistics | Sequence | VoiceCnn, classes: int, shape: tuple[int, ...]
    ) -> None:
        self.declared, self.classes, self.shape = model, classes, shape
        self.pooling = "rows" if isinstance(model, VoiceCnn) else "span"
        self.net = _build(model, classes, shape[-1])

    def train(self, data: ClipSet, folder: Path, seed: int) -> None:
        """Learn from clips that all have a valid row."""
        school, score = self.declared.schooling, None
        stages = [replace(stage, seed=seed) for stage in (school.fit, *school.then)]
        if any(stage.select for stage in stages):
            data, watched = data.apart(0.2, seed)
            score = self._score(watched)
        self._begin(seed)
        loss = self._loss(data)
        for number, how in enumerate(stages):
            batches = self._batches(data, how, number)
            place = folder / f"stage{number + 1}" if number else folder
            device = nearest_device(how)
            self.net = fit(self.net, batches, loss, score, how, place, fabric=device, show=False)

    def rate_range(self, data: ClipSet, seed: int) -> list[tuple[float, float]]:
        """See `mien.rate_range.rate_range`; of the first stage."""
        how = replace(self.declared.schooling.fit, seed=seed)
        self._begin(seed)
        return rate_range(self.net, self._batches(data, how, 0), self._loss(data), how)

    def _begin(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.net = _build(self.declared, self.classes, self.shape[-1])

    def _loss(self, data: ClipSet) -> Loss:
        school = self.declared.schooling
        criterion = ClassLoss(data.counts, school.balance, school.adjustment)

        def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
            x, mask, targets = batch
            return criterion(self._logits(model, x, mask), targets)

        return loss

    def _batches(self, data: ClipSet, how: Fit, stage: int) -> Batches:
        rows = [valid_rows(f) for f in data.features]

        def batches(epoch: int) -> Iterator[Batch]:
            draw = np.random.default_rng([how.seed, epoch + 10_000 * stage])
            for _ in range(how.steps):
                yield self._batch(data, rows, self.declared.schooling, draw)

        return batches

    def _score(self, data: ClipSet) -> Score:
        """Numbers to choose the epoch by, on clips that are not learned from."""

        def score(model: nn.Module) -> dict[str, float]:
            said = np.stack([self._said(model, f) for f in data.features])
            right = said.argmax(1) == data.labels
            recalls = [right[data.labels == n].mean() for n in np.unique(data.labels)]
            nll = -said[np.arange(len(said)), data.labels].mean()
            uar = float(np.mean(recalls))
            return {"accuracy": float(right.mean()), "uar": uar, "nll": float(nll)}

        return score

    def _batch(
        self, data: ClipSet, rows: list[Floats], school: Schooling, draw: np.random.Generator
    ) -> Batch:
        """Clips drawn with even classes; one random row of each, or most of its rows."""
        share = 1 / np.maximum(data.counts, 1)[data.labels]
        chosen = draw.choice(len(data), school.batch, p=share / share.sum())
        targets = smoothed(torch.from_numpy(data.labels[chosen]), data.classes, school.smoothing)
        ids = tuple(data.ids[i] for i in chosen)
        if self.pooling == "rows":
            picked = np.stack([rows[i][draw.integers(len(rows[i]))] for i in chosen])
            x, mask = torch.from_numpy(picked), torch.ones(len(chosen), 1, dtype=torch.bool)
            if school.mixup:
                order = torch.from_numpy(draw.permutation(len(chosen)))
                x, targets = mixed(x, targets, draw.beta(school.mixup, school.mixup), order)
            return Batch((x, mask, targets), ids)
        x, mask = _padded([_thinned(rows[i], school.drop_rows, draw) for i in chosen])
        return Batch((x, mask, targets), ids)

    def _logits(self, model: nn.Module, x: Tensor, mask: Tensor) -> Tensor:
        result = model(x)[0] if self.pooling == "rows" else model(x, mask)
        assert isinstance(result, Tensor)
        return result

    def said(self, features: Features) -> Said | None:
        """What one clip says; None where it has no valid row."""
        if not features.valid.any():
            return None
        return Said(self._said(self.net.eval(), features), int(features.valid.sum()))

    @torch.no_grad()
    def _said(self, net: nn.Module, features: Features) -> NDArray[np.float64]:
        device = next(net.parameters()).device
        x, times = torch.from_numpy(valid_rows(features)).to(device), features.times[features.valid]
        if self.pooling == "rows":
            return np.asarray(self._scored(net, x).mean(0))
        parts = list(pieces(times))
        rows = [self._scored(net, x[None, part])[0] for part in parts]
        return np.asarray(np.average(rows, axis=0, weights=[p.stop - p.start for p in parts]))

    def _scored(self, net: nn.Module, x: Tensor) -> NDArray[np.float64]:
        logits = self._logits(net, x, _all(x))
        return np.asarray(functional.log_softmax(logits.cpu(), 1).double().numpy())

    def save(self, folder: Path) -> None:
        """Write the weights."""
        with atomic(folder / "weights.pt") as partial:
            torch.save(self.net.state_dict(), partial)

    def load(self, folder: Path) -> None:
        """Read the weights."""
        self.net.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
        self.net.eval()

    def export(self, folder: Path, name: str) -> Exported:
        """Write `rows` -> `log_probs`: (N,...) -> (N,C), or (1,T,D) -> (1,C)."""
        path = folder / f"{name}.onnx"
        count = 2 if self.pooling == "rows" else 1
        example = torch.zeros(count, *(() if self.pooling == "rows" else (5,)), *self.shape)
        free = {0: "rows"} if self.pooling == "rows" else {1: "time"}
        wrapped = _Exported(self.net.eval(), self.pooling)
        to_onnx(wrapped, example, path, "rows", ["log_probs"], free, half=False)
        if self.pooling == "rows":
            return Exported({"encoder": path.name}, {})
        return Exported({}, {"head": path.name})


class _Exported(nn.Module):
    """One input, log-probabilities out."""

    def __init__(self, net: nn.Module, pooling: str) -> None:
        super().__init__()
        self.net, self.pooling = net, pooling

    def forward(self, rows: Tensor) -> Tensor:
        if self.pooling == "rows":
            logits = self.net(rows)[0]
        elif isinstance(self.net, SequenceNet):
            logits = self.net.whole(rows)
        else:
            logits = self.net(rows, _all(rows))
        return functional.log_softmax(logits, 1)


def _all(x: Tensor) -> Tensor:
    """A mask (B,T) that leaves nothing out."""
    return torch.ones_like(x[:, :, 0], dtype=torch.bool)


def _thinned(rows: Floats, share: float, draw: np.random.Generator) -> Floats:
    """Rows without a random share of them; at least one stays, in order."""
    keep = draw.random(len(rows)) >= share
    keep[draw.integers(len(rows))] = True
    return rows[keep]


def _padded(clips: list[Floats]) -> tuple[Tensor, Tensor]:
    """Clips (T_i,D) -> (B,T,D) with zeros behind, and the mask (B,T) of what is real."""
    length = max(map(len, clips))
    x = np.zeros((len(clips), length, clips[0].shape[1]), np.float32)
    mask = np.zeros((len(clips), length), bool)
    for i, rows in enumerate(clips):
        x[i, : len(rows)], mask[i, : len(rows)] = rows, True
    return torch.from_numpy(x), torch.from_numpy(mask)

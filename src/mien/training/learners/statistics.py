"""Small classifiers of statistics, or of a weighted mean, over the rows of a clip, as learners."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.inference.aggregation import BranchOutput
from mien.training.learners.clip_set import ClipSet, valid_rows
from mien.training.learners.exported import Exported
from mien.training.learners.network_onnx import write_network
from mien.training.learners.rows import padded, thinned
from mien.training.learners.staged import Draws, Staged, log_softmax, spoken
from mien.training.models.attention_net import AttentionNet
from mien.training.models.statistics_net import StatisticsNet
from mien.training.recipes.declaration import Attention, Statistics
from mien.types import Features

__all__ = ["StatisticsLearner"]


class StatisticsLearner(Staged):
    """See `Statistics` and `Attention` in `mien.training.recipes.declaration`, and `Learner`.

    Args:
        model: as declared.
        classes: size of the label set.
        shape: of one row, (D,).
    """

    declared: Statistics | Attention

    def __init__(self, model: Statistics | Attention, classes: int, shape: tuple[int, ...]) -> None:
        self.declared, self.classes, self.shape = model, classes, shape
        self.net = self._new()

    def _new(self) -> nn.Module:
        model = self.declared
        if isinstance(model, Attention):
            return AttentionNet(self.shape[0], self.classes, model.dropout)
        return StatisticsNet(self.shape[0], self.classes, model.hidden, model.dropout)

    def _begin(self, _: ClipSet) -> Draws:
        self.net = self._new()
        drop = self.declared.schooling.drop_rows

        def draws(clips: ClipSet, draw: np.random.Generator, __: int) -> tuple[Tensor, ...]:
            return padded([thinned(valid_rows(f), drop, draw) for f in clips.features])

        return draws

    def _logits(self, net: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        logits: Tensor = net(*tensors)
        return logits

    def predict(self, features: Features) -> BranchOutput | None:
        """What a clip says; None where it has no valid row."""
        return spoken(self._read, valid_rows(features), features.times[features.valid])

    @torch.no_grad()
    def _read(self, rows: NDArray[np.float32], _: NDArray[np.float64]) -> BranchOutput:
        device = next(self.net.parameters()).device
        x = torch.from_numpy(rows[None]).to(device)
        return BranchOutput(log_softmax(self.net.eval()(x, _all(x)))[0], len(rows))

    def export(self, folder: Path, name: str) -> Exported:
        """Write the network: rows (1,T,D) -> log_probs (1,C)."""
        path, net = folder / f"{name}.onnx", self.net
        example = torch.zeros(1, 5, *self.shape)
        write_network(net, lambda rows: (net(rows, _all(rows)),), example, path, {1: "time"})
        return Exported({}, {"head": path.name})


def _all(x: Tensor) -> Tensor:
    """A mask (B,T) that leaves nothing out."""
    return torch.ones_like(x[:, :, 0], dtype=torch.bool)

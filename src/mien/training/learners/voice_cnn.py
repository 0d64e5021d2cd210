"""A small convolutional network on windows of log-mels, as a learner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mien.inference.aggregation import BranchOutput
from mien.training.learners.clip_set import ClipSet, valid_rows
from mien.training.learners.exported import Exported
from mien.training.learners.network_onnx import write_network
from mien.training.learners.staged import Draws, Staged, log_softmax
from mien.training.models.voice_net import VoiceNet
from mien.training.recipes.declaration import VoiceCnn
from mien.types import Features

__all__ = ["VoiceCnnLearner"]


class VoiceCnnLearner(Staged):
    """See `VoiceCnn` and `Learner`.

    Args:
        model: as declared.
        classes: size of the label set.
        shape: of one row, a window (T,64).
    """

    declared: VoiceCnn
    net: VoiceNet

    def __init__(self, model: VoiceCnn, classes: int, shape: tuple[int, ...]) -> None:
        self.declared, self.classes, self.shape = model, classes, shape
        self.net = self._new()

    def _new(self) -> VoiceNet:
        model = self.declared
        return VoiceNet(self.classes, model.width, model.embedding, model.dropout)

    def _begin(self, _: ClipSet) -> Draws:
        self.net = self._new()

        def draws(clips: ClipSet, draw: np.random.Generator, __: int) -> tuple[Tensor, ...]:
            windows = []
            for features in clips.features:
                valid = np.flatnonzero(features.valid)
                windows.append(features.values[valid[draw.integers(len(valid))]])
            return (torch.from_numpy(np.stack(windows).astype(np.float32)),)

        return draws

    def _logits(self, net: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        logits: Tensor = net(tensors[0])[0]
        return logits

    @torch.no_grad()
    def predict(self, features: Features) -> BranchOutput | None:
        """What a clip says, the mean of its windows; None where it has no valid one."""
        if not features.valid.any():
            return None
        device = next(self.net.parameters()).device
        logits, _ = self.net.eval()(torch.from_numpy(valid_rows(features)).to(device))
        return BranchOutput(log_softmax(logits).mean(0), len(logits))

    def export(self, folder: Path, name: str) -> Exported:
        """Write the network: windows (N,T,64) -> log_probs (N,C)."""
        path, net = folder / f"{name}.onnx", self.net
        example = torch.zeros(2, *self.shape)
        write_network(net, lambda rows: net(rows)[:1], example, path, {0: "rows"})
        return Exported({"encoder": path.name}, {})

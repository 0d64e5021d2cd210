"""Several branches and the layers that join them, trained as one network (paper 003, figure 7).

The loss is that of the whole network's answer. Each branch also learns to answer by itself, from
what it gives to the others, by a last layer that sends nothing back: it changes nothing in the
network, and tells what each part knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.fusion.concat_mlp import ConcatMlp
from mien.fusion.fit_network import Prepared, drawn_order, kept_branches, write_fusion
from mien.fusion.fused_network import FusedNetwork
from mien.fusion.fused_onnx import ONNX_FILE
from mien.training.devices import nearest_device
from mien.training.learners.clip_set import ClipSet
from mien.training.loop import Batch, fit
from mien.training.models.concat_mlp import ConcatMlpNet

__all__ = ["JointLearner", "Member", "OwnAnswer", "Part"]

OwnAnswer = tuple[Tensor, Tensor | None]
"""Logits (N,C) of a part by itself, and (N,) the clip of each; None where each is of its own."""


class Part(Protocol):
    """The module of a branch within the network; `inputs` is how many tensors it sees."""

    inputs: int

    def read(self, *tensors: Tensor) -> tuple[Tensor, list[OwnAnswer]]:
        """What it sees of a batch -> its descriptor (B,D), and answers that send nothing back."""


class Member(Protocol):
    """A learner whose network can be a part of a larger one."""

    def part(self, data: ClipSet) -> tuple[nn.Module, Any]:
        """A fresh `Part` for these clips, and the `Draws` of its batches."""

    def take_part(self, trained: nn.Module) -> None:
        """Have what `part` gave, now that it is trained."""


class JointLearner:
    """Trains learners together; afterwards each is as if it had been trained by itself.

    Args:
        how: the layers that join them, and the numbers of the training.
        members: {branch: its learner}.
        classes: size of the label set.
    """

    def __init__(self, how: ConcatMlp, members: Mapping[str, Member], classes: int) -> None:
        self.how, self.classes = how, classes
        self.members = {name: members[name] for name in sorted(members)}
        self._joined: Prepared | None = None

    def train(self, data: Mapping[str, ClipSet], folder: Path, seed: int) -> None:
        """Learn from clips that any of the branches has something of; `folder` gets the log.

        Args:
            data: {branch: the same clips with its features}.
            folder: of the log and the state.
            seed: of everything that is drawn.
        """
        torch.manual_seed(seed)
        feeds = [_Feed(self.members[name], data[name]) for name in self.members]
        present = np.stack([feed.present for feed in feeds], 1)
        network = _OneNetwork([feed.module for feed in feeds], self._layers(feeds))
        labels = torch.from_numpy(feeds[0].clips.labels)
        usable, config = np.flatnonzero(present.any(1)), replace(self.how.training, seed=seed)

        def batches(epoch: int) -> Iterator[Batch]:
            draw = np.random.default_rng([seed, epoch])
            order = usable[drawn_order(len(usable), config.steps * self.how.batch, draw)]
            for chosen in np.split(order, config.steps):
                here = kept_branches(present[chosen], self.how.drop, draw)
                parts = [f(chosen, here[:, k], draw, epoch) for k, f in enumerate(feeds)]
                tensors = (torch.from_numpy(here), *[t for part in parts for t in part])
                names = tuple(feeds[0].clips.ids[place] for place in chosen)
                yield Batch((*tensors, labels[chosen]), names)

        device = nearest_device(config)
        trained = fit(network, batches, _loss, None, config, folder, fabric=device, show=False)
        assert isinstance(trained, _OneNetwork)
        self._joined = trained.joined
        for member, part in zip(self.members.values(), trained.parts, strict=True):
            member.take_part(part)

    def _layers(self, feeds: list[_Feed]) -> Prepared:
        widths = tuple(feed.width for feed in feeds)
        net = ConcatMlpNet(sum(widths), self.classes, self.how.hidden, self.how.dropout)
        return Prepared(net, widths, self.classes)

    @torch.no_grad()
    def fused(self, folder: Path) -> FusedNetwork:
        """Write the layers that join the branches, as bundles have them, into `folder`."""
        assert self._joined is not None
        net = self._joined
        sizes, names = net.widths, tuple(self.members)
        return write_fusion(net, self.how, names, self.classes, sizes, folder / ONNX_FILE)


class _Feed:
    """What one branch sees of a batch.

    Args:
        member: the branch's learner.
        clips: all that are learned from.
    """

    def __init__(self, member: Member, clips: ClipSet) -> None:
        self.clips = clips
        self.present: NDArray[np.bool_] = np.array([bool(f.valid.any()) for f in clips.features])
        self.module, self._draws = member.part(clips.present())
        first = clips.rows(np.flatnonzero(self.present)[:1])
        self._example = self._draws(first, np.random.default_rng(0), 0)
        with torch.no_grad():
            module: Any = self.module.eval()
            self.width = int(module.read(*self._example)[0].shape[1])

    def __call__(
        self,
        chosen: NDArray[np.int64],
        here: NDArray[np.bool_],
        draw: np.random.Generator,
        epoch: int,
    ) -> tuple[Tensor, ...]:
        """Tensors with a row for each of the chosen clips, zeros where the branch is not there."""
        if not here.any():
            return tuple(t.new_zeros(len(here), *t.shape[1:]) for t in self._example)
        drawn = self._draws(self.clips.rows(chosen[here]), draw, epoch)
        return tuple(_spread(tensor, torch.from_numpy(here)) for tensor in drawn)


def _spread(rows: Tensor, here: Tensor) -> Tensor:
    whole = rows.new_zeros(len(here), *rows.shape[1:])
    whole[here] = rows
    return whole


class _OneNetwork(nn.Module):
    """What is there of each clip (B,parts), and what the parts see -> logits, own answers."""

    def __init__(self, parts: list[nn.Module], joined: Prepared) -> None:
        super().__init__()
        self.parts, self.joined = nn.ModuleList(parts), joined

    def forward(self, here: Tensor, *tensors: Tensor) -> tuple[Tensor, list[OwnAnswer]]:
        given, described = list(tensors), []
        own: list[OwnAnswer] = []
        for k, part in enumerate(self.parts):
            module: Any = part
            seen, given = given[: module.inputs], given[module.inputs :]
            places = torch.nonzero(here[:, k])[:, 0]
            descriptor = self.joined.mean.new_zeros(len(here), self.joined.widths[k])
            if len(places):
                values, answers = module.read(*(tensor[places] for tensor in seen))
                descriptor[places] = values.to(descriptor.dtype)
                own += [(logits, places if at is None else places[at]) for logits, at in answers]
            described.append(descriptor)
        scores = descriptor.new_zeros(len(here), len(self.parts) * self.joined.classes)
        rows = torch.cat([*described, scores, here.to(scores.dtype)], 1)
        return self.joined(rows), own


def _loss(model: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy of the whole; of the parts' own answers it has the gradient, not the value."""
    *seen, labels = tensors
    logits, own = model(*seen)
    whole = functional.cross_entropy(logits, labels)
    for answer, places in own:
        value = functional.cross_entropy(answer, labels[places])
        whole = whole + value - value.detach()
    return whole

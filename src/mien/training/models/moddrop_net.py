"""The fully connected network of ModDrop (paper 002, 2.6, figure 5; Neverova et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ModDropNet"]


class ModDropNet(nn.Module):
    """Descriptors of n modalities side by side (B,D1+...+Dn) -> logits (B,classes).

    The first layer's weights W1 are n x n blocks: block (k,l) leads from modality l to the hidden
    units h_k of modality k. The blocks beside the diagonal join modalities, and have to stay small
    at first so that each modality learns to speak for itself. An absent modality is zeros.

    Args:
        sizes: (n,) D of each modality.
        classes: outputs.
        hidden: units for each modality.
    """

    closed: Tensor
    diagonal: Tensor

    def __init__(self, sizes: Sequence[int], classes: int, hidden: int = 64) -> None:
        super().__init__()
        n = len(sizes)
        self.sizes, self.hidden = tuple(sizes), hidden
        self.first = nn.Linear(sum(sizes), n * hidden)
        self.second = nn.Linear(n * hidden, classes)
        # Kept with the weights, so that a copy of them (an average, a checkpoint) acts the same.
        self.register_buffer("closed", torch.tensor(False))
        self.register_buffer("diagonal", self._diagonal(), persistent=False)

    def _diagonal(self) -> Tensor:
        """1 for weights in blocks on the diagonal, 0 elsewhere; of the shape of W1."""
        blocks = torch.eye(len(self.sizes)).repeat_interleave(torch.tensor(self.sizes), dim=1)
        return blocks.repeat_interleave(self.hidden, dim=0)

    def block(self, k: int, l: int) -> Tensor:  # noqa: E741  (the paper's letters)
        """W1_kl (hidden, D_l)."""
        ends = [0, *accumulate(self.sizes)]
        rows = slice(k * self.hidden, (k + 1) * self.hidden)
        return self.first.weight[rows, ends[l] : ends[l + 1]]

    def penalty(self, squared: bool = False) -> Tensor:
        """Sum over k != l of ||W1_kl||_2, Frobenius norms, not squared as the paper prints it."""
        indices = range(len(self.sizes))
        norms = [self.block(k, m).norm() for k in indices for m in indices if k != m]
        if not norms:
            return self.first.weight.new_zeros(())
        return torch.stack(norms).pow(2 if squared else 1).sum()

    def close(self) -> None:
        """Neverova's start: set the blocks beside the diagonal to 0 and leave them unused."""
        self.closed.fill_(True)
        with torch.no_grad():
            self.first.weight.mul_(self.diagonal)

    def release(self) -> None:
        """Let the blocks beside the diagonal learn, from where they are."""
        self.closed.fill_(False)

    def forward(self, descriptors: Tensor) -> Tensor:
        whole = self.first.weight
        weight = torch.where(self.closed, whole * self.diagonal, whole)
        hidden = functional.relu(functional.linear(descriptors, weight, self.first.bias))
        logits: Tensor = self.second(hidden)
        return logits

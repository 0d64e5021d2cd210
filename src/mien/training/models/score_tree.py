"""The score tree (paper 002, 2.6 and figure 6): features and scores joined in three layers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["ScoreTreeNet"]


class ScoreTreeNet(nn.Module):
    """Descriptors (B,D1+...+Dn) and scores (B,n,C) of n modalities -> logits (B,C).

    For each modality a layer makes C probabilities of its descriptor; these and the scores of
    the other modalities, n x C numbers, go into a second layer that gives C probabilities again;
    the second layers' n x C answers go into the last. For three modalities and seven classes the
    inputs are D, 21 and 21 wide. The paper calls each of them a "classification network" with a
    "prediction vector", hence the softmax between them. An absent modality is zeros in both.

    Args:
        sizes: (n,) D of each modality.
        classes: C.
    """

    def __init__(self, sizes: Sequence[int], classes: int) -> None:
        super().__init__()
        joined = len(sizes) * classes
        self.sizes = list(sizes)
        self.leaves = nn.ModuleList(nn.Linear(size, classes) for size in sizes)
        self.branches = nn.ModuleList(nn.Linear(joined, classes) for _ in sizes)
        self.root = nn.Linear(joined, classes)

    def forward(self, descriptors: Tensor, scores: Tensor) -> Tensor:
        parts = torch.split(descriptors, self.sizes, 1)
        answers = []
        for k, (part, leaf, branch) in enumerate(
            zip(parts, self.leaves, self.branches, strict=True)
        ):
            others = [scores[:, m] for m in range(len(self.sizes)) if m != k]
            joined = torch.cat([torch.softmax(leaf(part), 1), *others], 1)
            answers.append(torch.softmax(branch(joined), 1))
        logits: Tensor = self.root(torch.cat(answers, 1))
        return logits

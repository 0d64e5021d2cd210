"""Losses for class probabilities that are soft, rare or doubtful."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["ClassLoss", "mixed", "smoothed"]


def smoothed(labels: Tensor, classes: int, smoothing: float = 0.0) -> Tensor:
    """Labels (B,) -> target distributions (B,C) with label smoothing (Szegedy et al. 2016)."""
    exact = functional.one_hot(labels, classes).float()
    return exact * (1 - smoothing) + smoothing / classes


def mixed(x: Tensor, targets: Tensor, share: float, order: Tensor) -> tuple[Tensor, Tensor]:
    """Mixup (Zhang et al. 2018): each row with `share` of itself and the rest of another row."""
    return share * x + (1 - share) * x[order], share * targets + (1 - share) * targets[order]


@dataclass(frozen=True)
class ClassLoss:
    """Cross-entropy for training sets whose classes differ in size.

    Args:
        counts: (C,) clips of each class in the training set.
        balance: 0 weighs all clips alike; towards 1 the rarer classes weigh more, by the inverse
            effective number (1 - b^n) / (1 - b) of a class with n clips (Cui et al. 2019).
        adjustment: tau of the logit-adjusted loss (Menon et al. 2021): adds tau times the log of
            the class shares to the logits in training only; 0 leaves them alone.
    """

    counts: tuple[int, ...]
    balance: float = 0.0
    adjustment: float = 0.0

    def weights(self) -> Tensor:
        """(C,) weights whose mean over the training clips is 1; 0 for a class without clips."""
        n = torch.tensor(self.counts, dtype=torch.float64)
        number = (1 - self.balance**n) / (1 - self.balance) if self.balance else torch.ones_like(n)
        weight = torch.where(n > 0, 1 / number.clamp(min=1e-9), 0.0)
        return (weight * n.sum() / (weight * n).sum()).float()

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Logits (B,C) and target distributions (B,C) -> mean loss over the batch."""
        share = torch.tensor(self.counts, dtype=torch.float32, device=logits.device).clamp(min=0.5)
        shifted = logits.float() + self.adjustment * (share / share.sum()).log()
        weighted = targets * self.weights().to(logits.device)
        return -(weighted * functional.log_softmax(shifted, 1)).sum(1).mean()

"""Several small networks on the same functionals, whose answers are averaged."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["CommitteeNet"]


class CommitteeNet(nn.Module):
    """Functionals (B,D) -> log-probabilities (B,M,classes) and hidden layers (B,M,hidden).

    Each of M members standardises its input, drops a part of it, and has one hidden layer. They
    share nothing but the mean and spread of the input; see `use` for what they say together.

    Args:
        inputs: D.
        classes: outputs.
        members: M.
        hidden: units of each member.
        dropout: of the input and of the hidden layer.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        inputs: int,
        classes: int = 7,
        members: int = 5,
        hidden: int = 256,
        dropout: tuple[float, float] = (0.25, 0.5),
    ) -> None:
        super().__init__()
        self.members, self.hidden, self.dropout = members, hidden, dropout
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("spread", torch.ones(inputs))
        self.first = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(dropout[0]),
                nn.Linear(inputs, hidden, bias=False),
                nn.BatchNorm1d(hidden),
                nn.ReLU(),
                nn.Dropout(dropout[1]),
            )
            for _ in range(members)
        )
        self.last = nn.ModuleList(nn.Linear(hidden, classes) for _ in range(members))

    def standardise(self, mean: Tensor, spread: Tensor) -> None:
        """Take the mean and spread (D,) of the training's functionals."""
        self.mean.copy_(mean)
        self.spread.copy_(spread)

    def standardised(self, functionals: Tensor) -> Tensor:
        """(B,D) in deviations from the mean, at most five."""
        return ((functionals - self.mean) / self.spread).clamp(-5, 5)

    def members_say(self, standardised: Tensor) -> tuple[Tensor, Tensor]:
        """Each member on inputs of its own (M,B,D) -> logits (M,B,classes), hidden (M,B,H)."""
        hidden = [first(x) for first, x in zip(self.first, standardised, strict=True)]
        logits = [last(h) for last, h in zip(self.last, hidden, strict=True)]
        return torch.stack(logits), torch.stack(hidden)

    def forward(self, functionals: Tensor) -> tuple[Tensor, Tensor]:
        """(B,D) -> log-probabilities (B,classes), normalised mean of the members', and hidden
        layers (B, M H) side by side.
        """
        x = self.standardised(functionals)
        logits, hidden = self.members_say(x.expand(len(self.first), -1, -1))
        mean = functional.log_softmax(logits, 2).mean(0)
        return functional.log_softmax(mean, 1), hidden.permute(1, 0, 2).flatten(1)

"""The concatenation network (paper 003, 3.3 and figure 7): features side by side, dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

__all__ = ["ConcatMlpNet"]


class ConcatMlpNet(nn.Module):
    """Descriptors of all modalities side by side (B,D) -> logits (B,classes).

    Dense layers, each with ReLU and dropout, and a last one to the classes, which the paper's
    softmax implies. The dropout that the paper puts after every ReLU "in the model" is in these
    layers alone: inside the residual blocks it would break their batch statistics.

    Args:
        inputs: D.
        classes: outputs.
        hidden: units of each dense layer; the paper has three and gives no widths.
        dropout: after each ReLU.
    """

    def __init__(
        self,
        inputs: int,
        classes: int,
        hidden: Sequence[int] = (256, 128, 64),
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise([inputs, *hidden]):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)
        self.last = nn.Linear([inputs, *hidden][-1], classes)

    def forward(self, descriptors: Tensor) -> Tensor:
        logits: Tensor = self.last(self.layers(descriptors))
        return logits

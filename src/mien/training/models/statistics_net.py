"""Statistics over time and a small classifier: the strongest simple model for few clips."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["StatisticsNet", "statistics"]


def statistics(rows: Tensor, mask: Tensor) -> Tensor:
    """Mean, population deviation, minimum and maximum over the valid rows.

    Args:
        rows: (B,T,D).
        mask: (B,T) True where a row is valid; at least one in each clip.

    Returns:
        (B,4D).
    """
    valid = mask.unsqueeze(2)
    count = valid.sum(1).to(rows.dtype)
    mean = (rows * valid).sum(1) / count
    spread = (((rows - mean.unsqueeze(1)) ** 2 * valid).sum(1) / count + 1e-8).sqrt()
    low = torch.where(valid, rows, torch.inf).amin(1)
    high = torch.where(valid, rows, -torch.inf).amax(1)
    return torch.cat([mean, spread, low, high], 1)


class StatisticsNet(nn.Module):
    """Rows (B,T,D) with mask (B,T) -> logits (B,C).

    Each of the four statistics is scaled to unit length (L2), which makes clips of different
    lighting and level comparable; then a linear layer, or one hidden layer.

    Args:
        inputs: D.
        classes: C.
        hidden: units of the hidden layer; 0 is a linear classifier.
        dropout: before the last layer.
    """

    def __init__(self, inputs: int, classes: int, hidden: int = 0, dropout: float = 0.3) -> None:
        super().__init__()
        size = 4 * inputs
        self.norm = nn.BatchNorm1d(size)
        layers: list[nn.Module] = [nn.Dropout(dropout)]
        if hidden:
            layers += [nn.Linear(size, hidden), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear(hidden or size, classes))

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:
        parts = statistics(rows, mask).chunk(4, 1)
        scaled = torch.cat([functional.normalize(part, dim=1) for part in parts], 1)
        logits: Tensor = self.layers(self.norm(scaled))
        return logits

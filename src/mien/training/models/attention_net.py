"""A mean over time whose weights are learned: the smallest attention there is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["AttentionNet"]


class AttentionNet(nn.Module):
    """Rows (B,T,D) with mask (B,T) -> logits (B,C).

    z = sum_t a_t h_t with a = softmax(w . h_t) over the valid rows, and a linear layer on z (Ilse
    et al. 2018, equations 7 and 8, without the hidden layer of the weights, which few clips
    cannot pay for). h_t is row t with zero mean and unit deviation.

    Args:
        inputs: D.
        classes: C.
        dropout: before the last layer.
    """

    def __init__(self, inputs: int, classes: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(inputs)
        self.weigh = nn.Linear(inputs, 1, bias=False)
        self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(inputs, classes))

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:
        hidden = self.norm(rows)
        scores = self.weigh(hidden).masked_fill(~mask.unsqueeze(2), -torch.inf)
        pooled = (torch.softmax(scores, dim=1) * hidden).sum(1)
        logits: Tensor = self.classify(pooled)
        return logits

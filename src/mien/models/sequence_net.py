"""A recurrent network over the rows of a clip."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

__all__ = ["SequenceNet"]


class SequenceNet(nn.Module):
    """Rows (B,T,D) with mask (B,T) -> logits (B,C).

    An LSTM (Hochreiter & Schmidhuber 1997) reads the valid rows, which come first in every clip;
    its states are averaged over time, or the last one counts. Padding changes nothing.

    Args:
        inputs: D.
        classes: C.
        hidden: units in each direction.
        layers: stacked LSTMs.
        bidirectional: read from both ends.
        pooling: "mean" of the states, or "last" (the end of each direction).
        dropout: on the inputs and before the last layer.
    """

    def __init__(
        self,
        inputs: int,
        classes: int,
        hidden: int = 64,
        layers: int = 1,
        bidirectional: bool = True,
        pooling: str = "mean",
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(inputs)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(inputs, hidden, layers, batch_first=True, bidirectional=bidirectional)
        self.pooling = pooling
        self.last = nn.Linear(hidden * (1 + bidirectional), classes)

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:
        x = self.dropout(self.norm(rows))
        lengths = mask.sum(1)
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, (final, _) = self.lstm(packed)
        logits: Tensor = self.last(self.dropout(self._pool(states, final, mask)))
        return logits

    def _pool(self, packed: PackedSequence, final: Tensor, mask: Tensor) -> Tensor:
        if self.pooling == "last":
            ends = final[-2:] if self.lstm.bidirectional else final[-1:]
            return torch.cat(list(ends), 1)
        states, _ = pad_packed_sequence(packed, batch_first=True, total_length=mask.shape[1])
        valid = mask.unsqueeze(2)
        return (states * valid).sum(1) / valid.sum(1)

    def whole(self, rows: Tensor) -> Tensor:
        """One unpadded clip (1,T,D) -> logits (1,C): the form that is exported."""
        states, (final, _) = self.lstm(self.norm(rows))
        ends = final[-2:] if self.lstm.bidirectional else final[-1:]
        pooled = torch.cat(list(ends), 1) if self.pooling == "last" else states.mean(1)
        logits: Tensor = self.last(pooled)
        return logits

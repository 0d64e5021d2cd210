"""LSTM and BLSTM heads over the rows of a clip."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

__all__ = ["RecurrentHead"]


class RecurrentHead(nn.Module):
    """Rows (B,T,D) with mask (B,T) -> logits (B,C), descriptor (B,descriptor or states).

    An LSTM (Hochreiter & Schmidhuber 1997) reads the valid rows, which come first in every clip, at
    their own length. Padding changes nothing, whatever it holds; a clip without a valid row counts
    as one row of zeros. The papers' heads:

    | paper | arguments besides D and C |
    |---|---|
    | 000 (4.3.3) | hidden=1024, bidirectional=True, dropout=0.85, longest=64 |
    | 001 (2.1, 2.4) | hidden=128, uniform=0.01 |
    | 001 (2.3) | hidden=512 |
    | 002 (2.5), VGG | hidden=2230, descriptor=297, longest=272 |
    | 002 (2.5), C3D | hidden=1324, descriptor=304, longest=34, or 17 without overlap |
    | 003 (3.1) | layers=3 |
    | 004 (2.1.3) | hidden=256, layers=2, bidirectional=True, longest=8 |

    Args:
        inputs: D.
        classes: C.
        hidden: units of each layer and direction. Papers 000 and 004 do not say whether theirs
            are for each direction or for both; each is taken.
        layers: stacked LSTMs; with 0 the rows themselves take the place of the states, and their
            mean is read: pooling of features, which recurrence is measured against.
        bidirectional: read from both ends.
        descriptor: units of a fully connected layer (with ReLU) between the states and the
            logits, which describes the clip to a fusion; 0 has none and describes it by the states.
        pooling: "last" state (the end of each direction), or "mean" of all.
        dropout: share dropped of the states, between the layers and behind the last one, and of
            the descriptor.
        input_dropout: share dropped of the rows' values.
        uniform: weights of the LSTM from U[-uniform, uniform] and biases 0, as paper 001 (2.1) has
            it with 0.01; None leaves torch's.
        forget_bias: bias of the forget gate, 1 to remember from the start (Jozefowicz et al.
            2015); None leaves what the initialisation gives.
        longest: rows behind it are not read.
    """

    def __init__(
        self,
        inputs: int,
        classes: int,
        hidden: int = 128,
        layers: int = 1,
        bidirectional: bool = False,
        descriptor: int = 0,
        pooling: Literal["last", "mean"] = "last",
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        uniform: float | None = None,
        forget_bias: float | None = None,
        longest: int | None = None,
    ) -> None:
        super().__init__()
        self.input_dropout, self.dropout = nn.Dropout(input_dropout), nn.Dropout(dropout)
        self.lstm: nn.LSTM | None = None
        states = inputs
        if layers:
            self.lstm = nn.LSTM(
                inputs,
                hidden,
                layers,
                batch_first=True,
                dropout=dropout if layers > 1 else 0.0,
                bidirectional=bidirectional,
            )
            _initialise(self.lstm, uniform, forget_bias)
            states = hidden * (1 + bidirectional)
        self.pooling, self.longest = pooling, longest
        layer = (nn.Linear(states, descriptor), nn.ReLU()) if descriptor else ()
        self.descriptor = nn.Sequential(*layer)
        self.last = nn.Linear(descriptor or states, classes)

    def forward(self, rows: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        rows, mask = rows[:, : self.longest], mask[:, : self.longest]
        x = self.input_dropout(rows.masked_fill(~mask.unsqueeze(2), 0))
        lengths = mask.sum(1).clamp(min=1)
        if self.lstm is None:
            return self._answer(x.sum(1) / lengths.unsqueeze(1))
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, (final, _) = self.lstm(packed)
        return self._answer(self._pool(states, final, lengths))

    def whole(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """One unpadded clip (1,T,D) -> the same two: the form that is exported."""
        if self.lstm is None:
            return self._answer(rows[:, : self.longest].mean(1))
        states, (final, _) = self.lstm(rows[:, : self.longest])
        return self._answer(states.mean(1) if self.pooling == "mean" else self._ends(final))

    def _pool(self, packed: PackedSequence, final: Tensor, lengths: Tensor) -> Tensor:
        if self.pooling == "last":
            return self._ends(final)
        states, _ = pad_packed_sequence(packed, batch_first=True)  # zeros behind the end
        return states.sum(1) / lengths.unsqueeze(1)

    def _ends(self, final: Tensor) -> Tensor:
        """The last layer's final states of both directions, side by side."""
        assert self.lstm is not None
        return torch.cat([final[-2], final[-1]], 1) if self.lstm.bidirectional else final[-1]

    def _answer(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        descriptor = self.descriptor(self.dropout(pooled)) if len(self.descriptor) else pooled
        return self.last(self.dropout(descriptor)), descriptor


def _initialise(lstm: nn.LSTM, uniform: float | None, forget_bias: float | None) -> None:
    """Weights and biases; torch adds two biases, and orders gates input, forget, cell, output."""
    forget = slice(lstm.hidden_size, 2 * lstm.hidden_size)
    with torch.no_grad():
        for name, parameter in lstm.named_parameters():
            if uniform is not None and name.startswith("weight"):
                parameter.uniform_(-uniform, uniform)
            elif uniform is not None:
                parameter.zero_()
            if forget_bias is not None and name.startswith("bias"):
                parameter[forget] = forget_bias if name.startswith("bias_ih") else 0.0

"""The first blocks of the encoder of Whisper base: what a sound says, before words are made of it.

Radford et al. 2022 (MIT). Its weights come from `project/weights/convert_pretrained.py`.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import UsageError
from mien.features.whisper_mel import BANDS
from mien.training.models.tensor_file import read_tensors

__all__ = ["LONGEST", "WIDTH", "WhisperFront", "load_front"]

WIDTH = 512
"""Numbers a state."""
LONGEST = 1500
"""States of 20 ms: Whisper reads 30 s."""
_HEADS = 8
_LONGEST_WAVE = 10_000


class _Block(nn.Module):
    """Pre-norm transformer block: self-attention, then a feed-forward layer of fourfold width.

    The attention is written out, so that it is exported as plain products.
    """

    def __init__(self) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.attention_in = nn.Linear(WIDTH, 3 * WIDTH)  # queries, keys, values
        self.attention_out = nn.Linear(WIDTH, WIDTH)
        self.feed_norm = nn.LayerNorm(WIDTH)
        self.feed_in = nn.Linear(WIDTH, 4 * WIDTH)
        self.feed_out = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self._attend(self.attention_norm(x))
        states: Tensor = x + self.feed_out(functional.gelu(self.feed_in(self.feed_norm(x))))
        return states

    def _attend(self, x: Tensor) -> Tensor:
        batch, depth = x.shape[0], WIDTH // _HEADS
        parts = self.attention_in(x).chunk(3, -1)
        queries, keys, values = (
            part.reshape(batch, -1, _HEADS, depth).transpose(1, 2) for part in parts
        )
        weights = torch.softmax((queries * depth**-0.5) @ keys.transpose(2, 3), -1)
        joined = (weights @ values).transpose(1, 2).reshape(batch, -1, WIDTH)
        attended: Tensor = self.attention_out(joined)
        return attended


class WhisperFront(nn.Module):
    """Log-mel (B,80,T) as from `whisper_mel` -> states (B,ceil(T/2),512) of the last block.

    Every state sees the whole of what is given. The encoder's last norm is not part of it.

    Args:
        blocks: how many of the six.
        longest: states that the table of positions goes to, at most 1,500.
    """

    positions: Tensor

    def __init__(self, blocks: int = 3, longest: int = LONGEST) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(BANDS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.register_buffer("positions", _positions(longest), persistent=False)
        self.blocks = nn.ModuleList(_Block() for _ in range(blocks))

    def forward(self, mel: Tensor) -> Tensor:
        return self.every(mel)[-1]

    def every(self, mel: Tensor) -> list[Tensor]:
        """The states of each block, in order."""
        x = functional.gelu(self.conv1(mel))
        x = functional.gelu(self.conv2(x)).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        states = []
        for block in self.blocks:
            x = block(x)
            states.append(x)
        return states


def load_front(path: Path, blocks: int = 3, longest: int = LONGEST) -> WhisperFront:
    """The front with the weights of a file of `convert_pretrained.py`, for evaluation.

    Args:
        path: of the file; it may hold more blocks than are asked for.
        blocks, longest: as of `WhisperFront`.

    Raises:
        UsageError: the file is missing, damaged, of another network or of fewer blocks.
    """
    front = WhisperFront(blocks, longest)
    tensors = read_tensors(path)
    beyond = tuple(f"blocks.{number}." for number in range(blocks, 6))
    try:
        front.load_state_dict({k: v for k, v in tensors.items() if not k.startswith(beyond)})
    except RuntimeError:
        raise UsageError(
            f"{path}: not {blocks} blocks of Whisper base's encoder; write it anew with "
            f"project/weights/convert_pretrained.py --blocks {blocks}"
        ) from None
    return front.eval()


def _positions(count: int) -> Tensor:
    """(count,512) sines, then cosines, of wavelengths from 2 pi to 20,000 pi states."""
    half = WIDTH // 2
    rates = torch.exp(-math.log(_LONGEST_WAVE) / (half - 1) * torch.arange(half))
    angles = torch.arange(count).unsqueeze(1) * rates
    return torch.cat([angles.sin(), angles.cos()], 1)

"""A small convolutional network on log-mels with attentive statistics pooling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["VoiceNet"]


def _conv(inputs: int, outputs: int, stride: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class VoiceNet(nn.Module):
    """Log-mel (B,T,64) -> logits (B,classes), embedding (B,embedding).

    Convolutions shrink time and frequency; the maps are flattened over frequency and pooled over
    time by attention-weighted mean and deviation (Okabe et al. 2018).

    Args:
        classes: outputs.
        width: channels of the first layer.
        embedding: size of the last hidden layer.
        dropout: before the last two layers.
    """

    def __init__(
        self, classes: int = 7, width: int = 20, embedding: int = 128, dropout: float = 0.4
    ) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            _conv(1, width, (2, 2)),
            _conv(width, 2 * width, (2, 2)),
            _conv(2 * width, 2 * width, (1, 1)),
            _conv(2 * width, 3 * width, (1, 2)),
            _conv(3 * width, 4 * width, (1, 2)),
        )
        channels = 4 * width * 4  # 64 bands halved four times leave 4
        self.mix = nn.Sequential(
            nn.Conv1d(channels, embedding, 1, bias=False), nn.BatchNorm1d(embedding), nn.ReLU()
        )
        self.attention = nn.Sequential(
            nn.Conv1d(embedding, 32, 1), nn.Tanh(), nn.Conv1d(32, embedding, 1)
        )
        self.hidden = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(2 * embedding, embedding, bias=False),
            nn.BatchNorm1d(embedding),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.last = nn.Linear(embedding, classes)

    def forward(self, log_mel: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.convolutions(log_mel.unsqueeze(1))  # (B, 4w, T/4, 4)
        steps = self.mix(maps.permute(0, 1, 3, 2).flatten(1, 2))
        weights = torch.softmax(self.attention(steps), dim=2)
        mean = (weights * steps).sum(2)
        spread = ((weights * steps**2).sum(2) - mean**2).clamp(min=1e-5).sqrt()
        embedding = self.hidden(torch.cat([mean, spread], 1))
        return self.last(embedding), embedding

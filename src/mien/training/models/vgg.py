"""VGG-16 and VGG-19 (Simonyan & Zisserman 2015), for ImageNet, for faces and narrow."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from mien.errors import UsageError

__all__ = ["VGG"]

# Convolutions in each of the five blocks, and their channels (configurations D and E).
BLOCKS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)


class VGG(nn.Module):
    """Pictures (B,channels,size,size) -> logits (B,classes).

    Names and shapes are torchvision's (`vgg16`, `vgg19`, `vgg16_bn`, `vgg19_bn`), so its weights
    fit. VGG-Face (Parkhi et al. 2015) is `VGG(16, classes=2622)`. Papers 000 (3.1), 001 (2.1), 002
    (2.3) and 004 (2.1) fine-tune it on faces; 004 also runs VGG-19 on spectrograms.

    Args:
        depth: 16 or 19.
        classes: outputs; 2,622 people in VGG-Face, 1,000 in ImageNet.
        width: multiplies all channels and the 4,096 units of fc6 and fc7.
        size: height and width of the input in pixels, at least 32; fc6 is made for it.
        channels: 3, or 1 for grey pictures.
        batch_norm: after each convolution. The originals have none; narrow nets that start from
            random weights need it.
        dropout: shares dropped behind fc6 and behind fc7. Paper 002 (2.3) keeps "only 5% of the
            nodes" of the last layer: (0.5, 0.95).
    """

    def __init__(
        self,
        depth: Literal[16, 19] = 16,
        classes: int = 7,
        width: float = 1.0,
        size: int = 224,
        channels: int = 3,
        batch_norm: bool = False,
        dropout: tuple[float, float] = (0.5, 0.5),
    ) -> None:
        super().__init__()
        if depth not in BLOCKS:
            raise UsageError(f"VGG-{depth}: the depth must be 16 or 19")
        if size < 32:
            raise UsageError(f"VGG on {size} x {size} pixels: halved five times; at least 32")
        layers: list[nn.Module] = []
        for count, outputs in zip(BLOCKS[depth], CHANNELS, strict=True):
            for _ in range(count):
                wide = round(outputs * width)
                layers.append(nn.Conv2d(channels, wide, 3, padding=1))
                layers += [nn.BatchNorm2d(wide)] if batch_norm else []
                layers.append(nn.ReLU(inplace=True))
                channels = wide
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        units = round(4096 * width)
        self.classifier = nn.Sequential(
            nn.Linear(channels * (size // 32) ** 2, units),
            nn.ReLU(),
            nn.Dropout(dropout[0]),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Dropout(dropout[1]),
            nn.Linear(units, classes),
        )
        self.apply(_initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self._maps(pictures))
        return logits

    def fc6(self, pictures: Tensor) -> Tensor:
        """(B,4096 x width): the first fully connected layer, after its ReLU."""
        hidden: Tensor = self.classifier[:2](self._maps(pictures))
        return hidden

    def fc7(self, pictures: Tensor) -> Tensor:
        """(B,4096 x width): the second fully connected layer, after its ReLU."""
        hidden: Tensor = self.classifier[:5](self._maps(pictures))
        return hidden

    def _maps(self, pictures: Tensor) -> Tensor:
        return torch.flatten(self.features(pictures), 1)


def _initialise(module: nn.Module) -> None:
    """Convolutions by He et al. 2015; fully connected layers N(0, 0.01²).

    The latter is what paper 001 (2.1) prints for its new last layer: variance 1e-4.
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, 0, 0.01)
    if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)

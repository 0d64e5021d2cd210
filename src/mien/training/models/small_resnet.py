"""A small residual network for grey face pictures, with two label heads on one embedding."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["CROP", "SmallResNet", "centre", "normalise"]

CROP = 44
"""Side in pixels of what the network sees of a picture of 48 x 48."""


class _Block(nn.Module):
    """Basic residual block (He et al. 2016, fig. 2) with a 1x1 shortcut where needed."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x), inplace=True)


class SmallResNet(nn.Module):
    """Residual network for 48x48 grey faces: (B,1,H,W) -> FER2013 logits, FER+ logits, embedding.

    The spatial size is free (44 in training, 48 in use): the last map is averaged.

    Args:
        width: channels of the first stage; each further stage doubles them.
        blocks: residual blocks in each of the four stages; (1,1,1,1) is ResNet-10.
        classes: outputs of the two heads.
        dropout: on the embedding, before the heads.
    """

    def __init__(
        self,
        width: int = 32,
        blocks: tuple[int, ...] = (1, 1, 1, 1),
        classes: tuple[int, int] = (7, 8),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.width, self.blocks = width, blocks
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        stages: list[nn.Module] = []
        channels = width
        for stage, count in enumerate(blocks):
            outputs = width * 2**stage
            for block in range(count):
                stride = 2 if block == 0 and stage > 0 else 1
                stages.append(_Block(channels, outputs, stride))
                channels = outputs
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.fer2013 = nn.Linear(channels, classes[0])
        self.ferplus = nn.Linear(channels, classes[1])
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        embedding = torch.mean(self.stages(self.stem(x)), dim=(2, 3))
        hidden = self.dropout(embedding)
        return self.fer2013(hidden), self.ferplus(hidden), embedding


def normalise(pictures: Tensor) -> Tensor:
    """Grey pictures in 0..255 -> zero mean and unit deviation each, so that light matters less.

    The same arithmetic is part of the exported network, so that use cannot differ from training.
    """
    pictures = pictures / 255
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    spread = ((pictures - mean) ** 2).mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return (pictures - mean) / (spread + 0.05)


def centre(pictures: Tensor, size: int = CROP) -> Tensor:
    """The middle (..., size, size) of pictures (..., H, W): what the network saw in training.

    Looking at all 48 px instead costs a whole point of FER+ accuracy on PublicTest: the random
    crops of the training show a narrower stretch than the whole picture.
    """
    top, left = (pictures.shape[-2] - size) // 2, (pictures.shape[-1] - size) // 2
    return pictures[..., top : top + size, left : left + size]

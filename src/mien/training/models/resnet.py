"""ResNet-50 (He et al. 2016) as torchvision builds it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ResNet50"]

BLOCKS = (3, 4, 6, 3)  # in each stage: table 1 of the paper, column 50-layer
EXPANSION = 4


class _Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 and a shortcut (figure 5, right).

    The 3x3 convolution has the stride, as in torchvision ("v1.5"), whose weights fit; the paper
    and Caffe give it to the first one.
    """

    def __init__(self, inputs: int, inner: int, stride: int, caffe: bool = False) -> None:
        super().__init__()
        outputs = inner * EXPANSION
        self.conv1 = nn.Conv2d(inputs, inner, 1, stride if caffe else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, 1 if caffe else stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        out: Tensor = self.relu(y + (x if self.downsample is None else self.downsample(x)))
        return out


class ResNet50(nn.Module):
    """Pictures (B,channels,H,W) of any size -> logits (B,classes).

    Paper 004 (2.1.2) takes it from ImageNet, trains its fully connected layers on faces, and hands
    features "from the last fully connected layer" to a BLSTM. It calls them 4,096-d, which no
    layer of ResNet-50 is: here they are the 2,048 averages of the last map (`pool`), or a hidden
    layer of any size behind them.

    Args:
        classes: outputs; 1,000 in ImageNet.
        width: multiplies all channels.
        channels: 3, or 1 for grey pictures.
        hidden: units of a layer between the averages and the logits (4096 for paper 004's
            number); 0 has none, as the original.
        caffe: the form that VGGFace2's weights fit: the first convolution of a block has the
            stride, and the pool behind the stem is not padded.
    """

    def __init__(
        self,
        classes: int = 7,
        width: float = 1.0,
        channels: int = 3,
        hidden: int = 0,
        caffe: bool = False,
    ) -> None:
        super().__init__()
        self.caffe = caffe
        stem = round(64 * width)
        self.conv1 = nn.Conv2d(channels, stem, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 0 if caffe else 1, ceil_mode=caffe)
        inputs = stem
        for stage, count in enumerate(BLOCKS):
            inner = round(64 * 2**stage * width)
            blocks = []
            for block in range(count):
                stride = 2 if block == 0 and stage > 0 else 1
                blocks.append(_Bottleneck(inputs, inner, stride, caffe))
                inputs = inner * EXPANSION
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.hidden = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU()) if hidden else None
        self.fc = nn.Linear(hidden or inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, _Bottleneck):
                # Each block begins as its shortcut (Goyal et al. 2017, 5.1): narrow nets that start
                # from random weights hardly learn otherwise.
                nn.init.zeros_(module.bn3.weight)

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.pool(pictures)
        logits: Tensor = self.fc(features if self.hidden is None else self.hidden(features))
        return logits

    def pool(self, pictures: Tensor) -> Tensor:
        """(B,2048 x width): the last map averaged over the picture."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return torch.mean(x, dim=(2, 3))

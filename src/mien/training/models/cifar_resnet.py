"""The residual network for CIFAR-10 (He et al. 2016, section 4.2): ResNet-20 and deeper ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import UsageError

__all__ = ["CifarResNet"]


class _Block(nn.Module):
    """Two 3x3 convolutions; where the size changes the shortcut has no weights (option A).

    It takes every second pixel and fills up with zero channels, half of them before and half
    behind, as in the weights that are public (github.com/akamaster/pytorch_resnet_cifar10).
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, extra = stride, outputs - inputs
        self.zeros = (0, 0, 0, 0, extra // 2, extra - extra // 2)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        if self.stride > 1:
            x = functional.pad(x[:, :, :: self.stride, :: self.stride], self.zeros)
        return functional.relu(y + x, inplace=True)


class CifarResNet(nn.Module):
    """Pictures (B,channels,H,W) of any size -> logits (B,classes).

    Paper 003 (3.1) takes a 20-layer one, trained on CIFAR-10, and removes "the softmax, dense and
    average pooling layers"; its LSTM reads what is left. On the paper's 256 x 256 frames that is a
    map of 64 x 64 x 64 = 262,144 numbers a frame, and an LSTM needs 10^8 weights for every 100
    units. So `pooled` averages: over the whole map (64 numbers), or over 4 x 4 parts (1,024).

    Args:
        classes: outputs; 10 in CIFAR-10.
        depth: 6n + 2 layers: 20, 32, 44, 56, ...
        width: multiplies the 16, 32 and 64 channels.
        channels: 3, or 1 for grey pictures.
    """

    def __init__(
        self, classes: int = 10, depth: int = 20, width: float = 1.0, channels: int = 3
    ) -> None:
        super().__init__()
        if depth < 8 or (depth - 2) % 6:
            raise UsageError(f"depth {depth}: must be 6n + 2, as 20, 32, 44 or 56")
        inputs = round(16 * width)
        self.conv1 = nn.Conv2d(channels, inputs, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inputs)
        for stage in range(3):
            outputs = round(16 * 2**stage * width)
            blocks = []
            for block in range((depth - 2) // 6):
                stride = 2 if block == 0 and stage > 0 else 1
                blocks.append(_Block(inputs, outputs, stride))
                inputs = outputs
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(inputs, classes)
        self.units = inputs
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        # So that an untrained net says nothing: its loss is ln 7, where paper 003's stayed.
        nn.init.normal_(self.linear.weight, 0, 0.01)
        nn.init.zeros_(self.linear.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        out: Tensor = self.linear(self.pooled(pictures))
        return out

    def map(self, pictures: Tensor) -> Tensor:
        """(B,64 x width,H/4,W/4): the last map, sizes rounded up."""
        x = functional.relu(self.bn1(self.conv1(pictures)), inplace=True)
        for stage in range(1, 4):
            x = self.get_submodule(f"layer{stage}")(x)
        return x

    def pooled(self, pictures: Tensor, grid: int = 1) -> Tensor:
        """(B,64 x width x grid²): the last map averaged over `grid` x `grid` parts.

        Raises:
            UsageError: the map cannot be divided so.
        """
        x = self.map(pictures)
        height, width = int(x.shape[2]), int(x.shape[3])
        if height % grid or width % grid:
            raise UsageError(f"a map of {height} x {width} has no {grid} x {grid} equal parts")
        return torch.flatten(functional.avg_pool2d(x, (height // grid, width // grid)), 1)

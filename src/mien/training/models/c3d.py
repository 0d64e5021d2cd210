"""C3D (Tran et al. 2015): three-dimensional convolutions over windows of 16 frames."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import UsageError

__all__ = ["C3D"]

# Five groups of convolutions, each followed by a pool: (name, channels).
GROUPS = (
    (("conv1", 64),),
    (("conv2", 128),),
    (("conv3a", 256), ("conv3b", 256)),
    (("conv4a", 512), ("conv4b", 512)),
    (("conv5a", 512), ("conv5b", 512)),
)


class C3D(nn.Module):
    """Windows (B,channels,16,size,size) -> logits (B,classes).

    All kernels are 3 x 3 x 3 with stride 1, all pools 2 x 2 x 2, but the first one 1 x 2 x 2 (paper
    004, 2.1.4). Eight convolutions in five groups and three fully connected layers: the net of the
    Sports-1M weights that papers 000 (4.3.1), 002 (2.4) and 004 start from. Names and shapes are
    those of the ports of these weights to PyTorch (`conv1` ... `conv5b`, `fc6`, `fc7`, `fc8`).

    Args:
        classes: outputs; 487 sports in Sports-1M.
        width: multiplies all channels and the 4,096 units of fc6 and fc7.
        size: height and width of the input in pixels, at least 16; fc6 is made for it.
        channels: 3, or 1 for grey frames.
        batch_norm: after each convolution (`bn1`, ...). The original has none; narrow nets that
            start from random weights need it.
        dropout: behind fc6 and fc7.
    """

    def __init__(
        self,
        classes: int = 7,
        width: float = 1.0,
        size: int = 112,
        channels: int = 3,
        batch_norm: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if size < 16:
            raise UsageError(f"C3D on {size} x {size} pixels: halved four times; at least 16")
        self.batch_norm = batch_norm
        for name, outputs in (layer for group in GROUPS for layer in group):
            wide = round(outputs * width)
            self.add_module(name, nn.Conv3d(channels, wide, 3, padding=1))
            if batch_norm:
                self.add_module(name.replace("conv", "bn"), nn.BatchNorm3d(wide))
            channels = wide
        units = round(4096 * width)
        side = size // 16 // 2 + 1  # the last pool is padded by one: 7 x 7 becomes 4 x 4
        self.fc6 = nn.Linear(channels * side * side, units)
        self.fc7 = nn.Linear(units, units)
        self.fc8 = nn.Linear(units, classes)
        self.dropout = nn.Dropout(dropout)
        for module in self.modules():
            if isinstance(module, nn.Conv3d | nn.Linear) and module.bias is not None:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.fc8.weight, 0, 0.01)

    def forward(self, windows: Tensor) -> Tensor:
        logits: Tensor = self.fc8(self.dropout(self.descriptor(windows)))
        return logits

    def maps(self, windows: Tensor) -> Tensor:
        """(B,512 x width,1,4,4) for 112 pixels: behind the fifth pool."""
        x = windows
        for number, group in enumerate(GROUPS, 1):
            for name, _ in group:
                x = self.get_submodule(name)(x)
                if self.batch_norm:
                    x = self.get_submodule(name.replace("conv", "bn"))(x)
                x = functional.relu(x, inplace=True)
            kernel = (1, 2, 2) if number == 1 else (2, 2, 2)
            padding = (0, 1, 1) if number == 5 else 0
            x = functional.max_pool3d(x, kernel, padding=padding)
        return x

    def descriptor(self, windows: Tensor, layer: Literal["fc6", "fc7"] = "fc7") -> Tensor:
        """(B,4096 x width): fc6 or fc7 after its ReLU; paper 002 (2.4) takes the second."""
        x = functional.relu(self.fc6(torch.flatten(self.maps(windows), 1)))
        return x if layer == "fc6" else functional.relu(self.fc7(self.dropout(x)))

"""BN-Inception (Ioffe & Szegedy 2015), the first that was called Inception-v2.

Paper 001 (2.4) trains "Inception-v2 [24]" on 34 x 34 maps of audio features and replaces "the
layers after the global pool" by an LSTM. Its reference [24] is Szegedy et al. 2016, but
`global_pool`, and the name Inception-v2 for what has it, belong to the public releases of
BN-Inception. So this one is the default; `mien.training.models.inception_v2` is the option.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["BNInception"]


class _Row(NamedTuple):
    """A row of figure 5 of Ioffe & Szegedy 2015: channels of each branch; 0 has no such branch.

    Without `single` the module halves the picture, and its pool passes all channels on.
    """

    name: str
    single: int
    reduce: int
    triple: int
    double_reduce: int
    double: int
    pool: str
    projection: int

    @property
    def stride(self) -> int:
        return 1 if self.single else 2

    def scaled(self, width: float) -> _Row:
        counts: dict[str, Any] = {
            k: round(v * width) for k, v in self._asdict().items() if isinstance(v, int)
        }
        return self._replace(**counts)

    def outputs(self, inputs: int) -> int:
        return self.single + self.triple + self.double + (self.projection or inputs)


# 4c and 4d end in 608 channels, as in the released weights; the paper's table prints 576 there,
# which is not the sum of its own branches.
ROWS = (
    _Row("3a", 64, 64, 64, 64, 96, "average", 32),
    _Row("3b", 64, 64, 96, 64, 96, "average", 64),
    _Row("3c", 0, 128, 160, 64, 96, "max", 0),
    _Row("4a", 224, 64, 96, 96, 128, "average", 128),
    _Row("4b", 192, 96, 128, 96, 128, "average", 128),
    _Row("4c", 160, 128, 160, 128, 160, "average", 128),
    _Row("4d", 96, 128, 192, 160, 192, "average", 128),
    _Row("4e", 0, 128, 192, 192, 256, "max", 0),
    _Row("5a", 352, 192, 320, 160, 224, "average", 128),
    _Row("5b", 352, 192, 320, 192, 224, "max", 128),
)


class BNInception(nn.Module):
    """Pictures (B,channels,H,W), from 32 pixels on -> logits (B,classes).

    Batch-normalised Inception (Ioffe & Szegedy 2015). Names and shapes are those of the port of
    the released weights to PyTorch (Cadene, pretrained-models.pytorch), where each convolution
    also has a bias.

    Args:
        classes: outputs; 1,000 in ImageNet.
        width: multiplies all channels.
        channels: 3, or 1 for single maps.
        dropout: before the logits; the original has none.
    """

    def __init__(
        self, classes: int = 7, width: float = 1.0, channels: int = 3, dropout: float = 0.0
    ) -> None:
        super().__init__()
        stem, inputs = round(64 * width), round(192 * width)
        self._add("conv1_7x7_s2", channels, stem, 7, 2)
        self._add("conv2_3x3_reduce", stem, stem, 1)
        self._add("conv2_3x3", stem, inputs, 3)
        self.rows = [row.scaled(width) for row in ROWS]
        for row in self.rows:
            name = f"inception_{row.name}"
            if row.single:
                self._add(f"{name}_1x1", inputs, row.single, 1)
                self._add(f"{name}_pool_proj", inputs, row.projection, 1)
            self._add(f"{name}_3x3_reduce", inputs, row.reduce, 1)
            self._add(f"{name}_3x3", row.reduce, row.triple, 3, row.stride)
            self._add(f"{name}_double_3x3_reduce", inputs, row.double_reduce, 1)
            self._add(f"{name}_double_3x3_1", row.double_reduce, row.double, 3)
            self._add(f"{name}_double_3x3_2", row.double, row.double, 3, row.stride)
            inputs = row.outputs(inputs)
        self.dropout = nn.Dropout(dropout)
        self.last_linear = nn.Linear(inputs, classes)
        self.apply(_initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.last_linear(self.dropout(self.pool(pictures)))
        return logits

    def pool(self, pictures: Tensor) -> Tensor:
        """(B,1024 x width): the "global pool" of paper 001."""
        x = _halved(self._conv("conv1_7x7_s2", pictures))
        x = _halved(self._conv("conv2_3x3", self._conv("conv2_3x3_reduce", x)))
        for row in self.rows:
            x = self._module(row, x)
        return torch.mean(x, dim=(2, 3))

    def _add(self, name: str, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        self.add_module(name, nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(outputs))

    def _conv(self, name: str, x: Tensor) -> Tensor:
        x = self.get_submodule(f"{name}_bn")(self.get_submodule(name)(x))
        return functional.relu(x, inplace=True)

    def _module(self, row: _Row, x: Tensor) -> Tensor:
        name = f"inception_{row.name}"
        triple = self._conv(f"{name}_3x3", self._conv(f"{name}_3x3_reduce", x))
        double = self._conv(f"{name}_double_3x3_1", self._conv(f"{name}_double_3x3_reduce", x))
        double = self._conv(f"{name}_double_3x3_2", double)
        if row.stride == 2:
            return torch.cat([triple, double, _halved(x)], 1)
        pool = functional.avg_pool2d if row.pool == "average" else functional.max_pool2d
        projection = self._conv(f"{name}_pool_proj", pool(x, 3, 1, 1))
        return torch.cat([self._conv(f"{name}_1x1", x), triple, double, projection], 1)


def _halved(x: Tensor) -> Tensor:
    """Maximum over 3 x 3 with stride 2, sizes rounded up as Caffe does.

    The zeros at the far ends never win, since `x` comes from ReLUs; they make odd sizes fit the
    convolutions beside the pool.
    """
    return functional.max_pool2d(functional.pad(x, (0, 2, 0, 2)), 3, 2)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

"""The later Inception-v2 (Szegedy et al. 2016), reference [24] of paper 001.

See `mien.training.models.inception` for which of the two the paper is likely to mean.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["InceptionV2"]


class InceptionV2(nn.Module):
    """Pictures (B,channels,size,size) -> logits (B,classes).

    Table 1 of Szegedy et al. 2016, "Rethinking the Inception architecture": a stem of 3 x 3
    convolutions, three modules of its figure 5 at 288 channels, five of figure 6 (n = 7) at 768,
    two of figure 7 that end in 2,048, and a reduction as in figure 10 before each change of size.
    The text leaves the channels inside the modules to a file that was not published; they are
    those of the released Inception-v3, whose modules are the same but for a 5 x 5 in figure 5.

    Args:
        classes: outputs; 1,000 in ImageNet.
        width: multiplies all channels.
        size: height and width of the input in pixels; 299 in the paper. Below 75, where nothing
            would be left of the last map, every 3 x 3 convolution and pool is padded.
        channels: 3, or 1 for single maps.
        dropout: before the logits.
    """

    def __init__(
        self,
        classes: int = 7,
        width: float = 1.0,
        size: int = 299,
        channels: int = 3,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()

        def w(outputs: int) -> int:
            return round(outputs * width)

        pad = 1 if size < 75 else 0
        self.stem = nn.Sequential(
            _conv(channels, w(32), 3, 2, pad),
            _conv(w(32), w(32), 3, 1, pad),
            _conv(w(32), w(64), 3),
            nn.MaxPool2d(3, 2, pad),
            _conv(w(64), w(80), 3, 1, pad),
            _conv(w(80), w(192), 3, 2, pad),
            _conv(w(192), w(288), 3),
        )
        self.figure5 = nn.Sequential(
            *(_figure5(w(288), w(64), w(48), w(96)) for _ in range(3)),
            _figure10(w(288), (w(64), w(384)), (w(64), w(96)), pad),
        )
        grid = w(288) + w(384) + w(96)
        inner = (128, 160, 160, 160, 192)
        self.figure6 = nn.Sequential(
            *(_figure6(w(192) * 4 if i else grid, w(n), w(192)) for i, n in enumerate(inner)),
            _figure10(w(192) * 4, (w(192), w(320)), (w(192), w(192)), pad),
        )
        grid = w(192) * 4 + w(320) + w(192)
        units = w(320) + 4 * w(384) + w(192)
        parts = (w(320), w(384), w(448), w(192))
        self.figure7 = nn.Sequential(_figure7(grid, *parts), _figure7(units, *parts))
        self.dropout = nn.Dropout(dropout)
        self.last_linear = nn.Linear(units, classes)
        self.apply(_initialise)

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.last_linear(self.dropout(self.pool(pictures)))
        return logits

    def pool(self, pictures: Tensor) -> Tensor:
        """(B,2048 x width): the last map averaged over the picture."""
        maps = self.figure7(self.figure6(self.figure5(self.stem(pictures))))
        return torch.mean(maps, dim=(2, 3))


class _Branches(nn.ModuleList):
    """Several ways through, their channels joined."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self], 1)


def _conv(
    inputs: int,
    outputs: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    padding: int | str = "same",
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _pooled(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.AvgPool2d(3, 1, 1), _conv(inputs, outputs, 1))


def _figure5(inputs: int, single: int, reduce: int, double: int) -> _Branches:
    """A 5 x 5 as two 3 x 3."""
    return _Branches(
        [
            _conv(inputs, single, 1),
            nn.Sequential(_conv(inputs, reduce, 1), _conv(reduce, single, 3)),
            nn.Sequential(
                _conv(inputs, single, 1), _conv(single, double, 3), _conv(double, double, 3)
            ),
            _pooled(inputs, inputs - 2 * single - double),
        ]
    )


def _figure6(inputs: int, inner: int, outputs: int) -> _Branches:
    """Convolutions n x n as 1 x n and n x 1, with n = 7."""
    row, column = (1, 7), (7, 1)
    return _Branches(
        [
            _conv(inputs, outputs, 1),
            nn.Sequential(
                _conv(inputs, inner, 1), _conv(inner, inner, row), _conv(inner, outputs, column)
            ),
            nn.Sequential(
                _conv(inputs, inner, 1),
                _conv(inner, inner, column),
                _conv(inner, inner, row),
                _conv(inner, inner, column),
                _conv(inner, outputs, row),
            ),
            _pooled(inputs, outputs),
        ]
    )


def _figure7(inputs: int, single: int, split: int, reduce: int, pooled: int) -> _Branches:
    """Wider filter banks on the coarsest grid: 1 x 3 and 3 x 1 side by side."""

    def both(channels: int) -> _Branches:
        return _Branches([_conv(channels, split, (1, 3)), _conv(channels, split, (3, 1))])

    return _Branches(
        [
            _conv(inputs, single, 1),
            nn.Sequential(_conv(inputs, split, 1), both(split)),
            nn.Sequential(_conv(inputs, reduce, 1), _conv(reduce, split, 3), both(split)),
            _pooled(inputs, pooled),
        ]
    )


def _figure10(inputs: int, triple: tuple[int, int], double: tuple[int, int], pad: int) -> _Branches:
    """Half the size, more channels: convolutions and a pool with stride 2, side by side."""
    return _Branches(
        [
            nn.Sequential(_conv(inputs, triple[0], 1), _conv(triple[0], triple[1], 3, 2, pad)),
            nn.Sequential(
                _conv(inputs, double[0], 1),
                _conv(double[0], double[1], 3),
                _conv(double[1], double[1], 3, 2, pad),
            ),
            nn.MaxPool2d(3, 2, pad),
        ]
    )


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

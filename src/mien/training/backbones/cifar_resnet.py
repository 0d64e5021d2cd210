"""The residual network for small pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import UsageError
from mien.training.backbones.backbone import Backbone

if TYPE_CHECKING:
    from torch import Tensor

    from mien.training.models.cifar_resnet import CifarResNet

__all__ = ["CifarResnet"]


@dataclass(frozen=True)
class CifarResnet(Backbone["CifarResNet"]):
    """`CifarResNet`; a branch built on it reads a `grid` x `grid` map."""

    width: float = 1.0
    size: int = 32
    grid: int = 1

    def __post_init__(self) -> None:
        if self.grid < 1:
            raise UsageError(
                "grid 0: without any pooling a frame of 256 x 256 is 262,144 numbers, and an LSTM "
                "needs 10^8 weights for every 100 units (paper 003); take 1 or 4"
            )

    def build(self, classes: int) -> CifarResNet:
        """See `Backbone`."""
        from mien.training.models.cifar_resnet import CifarResNet

        return CifarResNet(classes, width=self.width)

    def embed(self, net: CifarResNet, x: Tensor) -> Tensor:
        """The map, pooled to `grid` x `grid`."""
        return net.pooled(x, self.grid)

    def classify(self, net: CifarResNet, embedding: Tensor) -> Tensor:
        """See `Backbone`."""
        parts = embedding.reshape(-1, net.units, self.grid * self.grid).mean(2)
        logits: Tensor = net.linear(parts)
        return logits

"""ResNet-50."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mien.training.backbones.backbone import Backbone
from mien.training.schedules import LATER

if TYPE_CHECKING:
    from torch import Tensor

    from mien.training.models.resnet import ResNet50

__all__ = ["Resnet"]


@dataclass(frozen=True)
class Resnet(Backbone["ResNet50"]):
    """`ResNet50`; a branch built on it reads `hidden`, or the global pool."""

    width: float = 1.0
    size: int = 224
    hidden: int = 0
    caffe: bool = field(default=False, metadata=LATER)

    def build(self, classes: int) -> ResNet50:
        """See `Backbone`."""
        from mien.training.models.resnet import ResNet50

        return ResNet50(classes, self.width, hidden=self.hidden, caffe=self.caffe)

    def embed(self, net: ResNet50, x: Tensor) -> Tensor:
        """The global pool, or the hidden layer behind it."""
        pool = net.pool(x)
        hidden: Tensor = pool if net.hidden is None else net.hidden(pool)
        return hidden

    def classify(self, net: ResNet50, embedding: Tensor) -> Tensor:
        """See `Backbone`."""
        logits: Tensor = net.fc(embedding)
        return logits

    def small(self, width: float, side: int) -> Resnet:
        """Narrow."""
        return replace(self, width=width, size=side)

"""VGG-16 and VGG-19."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mien.training.backbones.backbone import Backbone

if TYPE_CHECKING:
    from torch import Tensor

    from mien.training.models.vgg import VGG

__all__ = ["Vgg"]


@dataclass(frozen=True)
class Vgg(Backbone["VGG"]):
    """`mien.training.models.vgg.VGG`; `layer` is what a branch built on it reads."""

    depth: Literal[16, 19] = 16
    width: float = 1.0
    size: int = 224
    batch_norm: bool = False
    dropout: tuple[float, float] = (0.5, 0.5)
    layer: Literal["fc6", "fc7"] = "fc6"

    def build(self, classes: int) -> VGG:
        """See `Backbone`."""
        from mien.training.models.vgg import VGG

        return VGG(
            self.depth,
            classes,
            self.width,
            self.size,
            batch_norm=self.batch_norm,
            dropout=self.dropout,
        )

    def embed(self, net: VGG, x: Tensor) -> Tensor:
        """The fully connected layer that `layer` names."""
        return net.fc6(x) if self.layer == "fc6" else net.fc7(x)

    def classify(self, net: VGG, embedding: Tensor) -> Tensor:
        """See `Backbone`."""
        logits: Tensor = net.classifier[2 if self.layer == "fc6" else 5 :](embedding)
        return logits

    def small(self, width: float, side: int) -> Vgg:
        """Narrow, and with batch norms, without which it does not learn in few steps."""
        return replace(self, width=width, size=side, batch_norm=True)

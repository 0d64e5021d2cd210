"""BN-Inception, and the later Inception-v2."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mien.training.backbones.backbone import Backbone

if TYPE_CHECKING:
    from torch import Tensor

    from mien.training.models.inception import BNInception
    from mien.training.models.inception_v2 import InceptionV2

__all__ = ["Inception"]


@dataclass(frozen=True)
class Inception(Backbone["BNInception | InceptionV2"]):
    """`mien.training.models.inception.BNInception`, or `InceptionV2`; its global pool is read."""

    version: Literal["bn", "v2"] = "bn"
    width: float = 1.0
    size: int = 224
    dropout: float = 0.0

    def build(self, classes: int) -> BNInception | InceptionV2:
        """See `Backbone`."""
        from mien.training.models.inception import BNInception
        from mien.training.models.inception_v2 import InceptionV2

        if self.version == "v2":
            return InceptionV2(classes, self.width, self.size, dropout=self.dropout)
        return BNInception(classes, self.width, dropout=self.dropout)

    def embed(self, net: BNInception | InceptionV2, x: Tensor) -> Tensor:
        """The global pool."""
        return net.pool(x)

    def classify(self, net: BNInception | InceptionV2, embedding: Tensor) -> Tensor:
        """See `Backbone`."""
        logits: Tensor = net.last_linear(net.dropout(embedding))
        return logits

    def small(self, width: float, side: int) -> Inception:
        """Narrow."""
        return replace(self, width=width, size=side)

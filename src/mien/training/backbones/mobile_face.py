"""The MobileNet v1 that has seen VGGFace2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.training.backbones.backbone import Backbone

if TYPE_CHECKING:
    from torch import Tensor

    from mien.training.models.mobile_face import MobileNetClassifier

__all__ = ["MobileFace"]


@dataclass(frozen=True)
class MobileFace(Backbone["MobileNetClassifier"]):
    """`MobileNetClassifier`; a branch built on it reads its global pool, 1,024 numbers."""

    size: int = 96
    dropout: float = 0.2

    def build(self, classes: int) -> MobileNetClassifier:
        """See `Backbone`."""
        from mien.training.models.mobile_face import MobileNetClassifier

        return MobileNetClassifier(classes, self.dropout)

    def embed(self, net: MobileNetClassifier, x: Tensor) -> Tensor:
        """The global pool."""
        return net.embed(x)

    def classify(self, net: MobileNetClassifier, embedding: Tensor) -> Tensor:
        """See `Backbone`."""
        logits: Tensor = net.classifier(net.dropout(embedding))
        return logits

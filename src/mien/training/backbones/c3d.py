"""C3D, which sees windows of frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from mien.training.backbones.backbone import Backbone

if TYPE_CHECKING:
    from torch import Tensor

    from mien.training.models.c3d import C3D

__all__ = ["C3d"]


@dataclass(frozen=True)
class C3d(Backbone["C3D"]):
    """`C3D` on windows of frames; `layer` is what a branch built on it reads."""

    windows: ClassVar[bool] = True

    width: float = 1.0
    size: int = 112
    batch_norm: bool = False
    dropout: float = 0.5
    layer: Literal["fc6", "fc7"] = "fc7"

    def build(self, classes: int) -> C3D:
        """See `Backbone`."""
        from mien.training.models.c3d import C3D

        return C3D(classes, self.width, self.size, batch_norm=self.batch_norm, dropout=self.dropout)

    def embed(self, net: C3D, x: Tensor) -> Tensor:
        """The fully connected layer that `layer` names."""
        return net.descriptor(x, self.layer)

    def classify(self, net: C3D, embedding: Tensor) -> Tensor:
        """See `Backbone`."""
        from torch.nn import functional

        x = embedding
        if self.layer == "fc6":
            x = functional.relu(net.fc7(net.dropout(x)))
        logits: Tensor = net.fc8(net.dropout(x))
        return logits

    def small(self, width: float, side: int) -> C3d:
        """Narrow, and with batch norms, without which it does not learn in few steps."""
        return replace(self, width=width, size=side, batch_norm=True)

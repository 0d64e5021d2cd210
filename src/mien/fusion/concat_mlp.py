"""Concatenated features through dense layers (paper 003, 3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mien.errors import UsageError
from mien.fusion.fuser import Fused, Given
from mien.fusion.network_fusion import NetworkFusion
from mien.training.schedules import LATER, OptimConfig

if TYPE_CHECKING:
    from mien.training.models.concat_mlp import ConcatMlpNet

__all__ = ["ConcatMlp"]

_TRAINING = OptimConfig(
    epochs=20, steps=49, optimiser="sgd", rate=5e-3, weight_decay=1e-4, average=0.0
)


@dataclass(frozen=True)
class ConcatMlp(NetworkFusion):
    """`mien.training.models.concat_mlp.ConcatMlpNet`: three dense layers, ReLU and dropout 0.5.

    20 epochs of stochastic gradient descent in batches of 16, about 49 of them in an epoch of AFEW,
    are the paper's; its learning rates of 1e-8 to 1e-6 do not move the weights, so the rate is
    ours, and so are the widths, which it does not give.

    Args:
        hidden, dropout: of the dense layers.
        together: train the branches and these layers as one network, at once, from where the
            branches start (`mien.training.learners.joint`); otherwise the branches are trained by
            themselves, and these layers on what they say of clips. Of the branches' own
            `schooling` only `drop_rows` counts then.
    """

    training: OptimConfig = _TRAINING
    batch: int = 16
    hidden: tuple[int, ...] = (256, 128, 64)
    dropout: float = 0.5
    together: bool = field(default=False, metadata=LATER)

    def _fitted(self, data: Given) -> Fused:
        if self.together:
            raise UsageError(
                "layers that are trained with their branches have no fit on scores alone; "
                "'mien search' cannot try them"
            )
        from mien.fusion.fit_network import fit_network
        from mien.training.models.concat_mlp import ConcatMlpNet

        def build(sizes: tuple[int, ...]) -> ConcatMlpNet:
            return ConcatMlpNet(sum(sizes), data.classes, self.hidden, self.dropout)

        return fit_network(self, data, build)

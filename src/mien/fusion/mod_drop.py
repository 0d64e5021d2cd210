"""ModDrop: a network that learns each modality first and their relations later (paper 002, 2.6).

Concatenated descriptors, a fully connected layer whose weights W1 are n x n blocks, dropout of
whole modalities, and a second layer that gives the scores (figure 5). The loss has the term
gamma(t) sum_{k != l} ||W1_kl||_2 on the blocks that join modalities; gamma is very high at first,
which zeroes them, and falls. The paper names neither width, drop rate nor schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import UsageError
from mien.fusion.fuser import Fused, Given
from mien.fusion.network_fusion import NetworkFusion
from mien.training.schedules import OptimConfig

if TYPE_CHECKING:
    from torch import Tensor

    from mien.training.models.moddrop_net import ModDropNet

__all__ = ["ModDrop"]

_TRAINING = OptimConfig(
    epochs=20,
    steps=25,
    optimiser="adam",
    rate=1e-3,
    weight_decay=1e-2,
    average=0.0,
    clip=1e6,  # the penalty's gradient is as large as gamma on purpose; clipped, it hides the loss
)


@dataclass(frozen=True)
class ModDrop(NetworkFusion):
    """`mien.training.models.moddrop_net.ModDropNet`.

    Args:
        drop: see `NetworkFusion`.
        hidden_per_modality: hidden units of each modality.
        gamma_start, gamma_end: of the penalty; between them it falls geometrically.
        squared: square the norms, as weight decay does; the paper prints them without.
        hard_zero: Neverova's variant in place of the penalty: the blocks are held at zero, and
            released. (The paper says that her *diagonal* blocks are zero, a slip.)
        release: share of the training after which they are.
    """

    training: OptimConfig = _TRAINING
    drop: float = 0.3
    hidden_per_modality: int = 64
    gamma_start: float = 1e2
    gamma_end: float = 1e-4
    squared: bool = False
    hard_zero: bool = False
    release: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.gamma_end <= self.gamma_start:
            raise UsageError("gamma_start and gamma_end: must be above 0, and gamma may not rise")

    def gamma(self, done: float) -> float:
        """The penalty's factor at a share of the training, 0..1."""
        return float(self.gamma_start * (self.gamma_end / self.gamma_start) ** done)

    def _fitted(self, data: Given) -> Fused:
        from mien.fusion.fit_network import fit_network
        from mien.training.models.moddrop_net import ModDropNet

        def build(sizes: tuple[int, ...]) -> ModDropNet:
            net = ModDropNet(sizes, data.classes, self.hidden_per_modality)
            if self.hard_zero:
                net.close()
            return net

        return fit_network(self, data, build, self._added, _noted)

    def _added(self, net: ModDropNet, done: float) -> Tensor:
        """What the loss gets on top at a share of the training; releases the blocks when due."""
        if not self.hard_zero:
            return self.gamma(done) * net.penalty(self.squared)
        if done >= self.release:
            net.release()
        return 0 * net.penalty()


def _noted(net: ModDropNet) -> dict[str, float]:
    """For the log: the sum of the norms that the penalty is on."""
    return {"off_diagonal": float(net.penalty().detach())}

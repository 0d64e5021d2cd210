"""Score trees: scores and features joined (paper 002, 2.6 and figure 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.fusion.fuser import Fused, Given
from mien.fusion.network_fusion import NetworkFusion
from mien.training.schedules import OptimConfig

if TYPE_CHECKING:
    from mien.training.models.score_tree import ScoreTreeNet

__all__ = ["ScoreTree"]

# Gradients through two softmaxes are small, hence the high rate.
_TRAINING = OptimConfig(
    epochs=20, steps=25, optimiser="adam", rate=3e-2, weight_decay=1e-4, average=0.0
)


@dataclass(frozen=True)
class ScoreTree(NetworkFusion):
    """`ScoreTreeNet`; the paper gives no numbers of its training."""

    training: OptimConfig = _TRAINING

    def _fitted(self, data: Given) -> Fused:
        from mien.fusion.fit_network import fit_network
        from mien.training.models.score_tree import ScoreTreeNet

        def build(sizes: tuple[int, ...]) -> ScoreTreeNet:
            return ScoreTreeNet(sizes, data.classes)

        return fit_network(self, data, build)

"""What all fusion networks have in common; plain numbers, no torch.

They see descriptors scaled to mean 0 and deviation 1 over the clips that have them, so that the
zeros of an absent branch say nothing. A branch without a descriptor, such as a support vector
machine, gives its probabilities in place of one.
"""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import UsageError
from mien.fusion.fuser import Fusion
from mien.training.schedules import OptimConfig

__all__ = ["NetworkFusion"]


@dataclass(frozen=True)
class NetworkFusion(Fusion):
    """A network to train.

    Args:
        training: the numbers of the loop; its seed is that of `fit`.
        batch: clips in a step.
        drop: chance of each branch to be left out of a training clip; never all of them. A
            network trained with 0 is not used to clips without a branch.
    """

    training: OptimConfig
    batch: int = 32
    drop: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.drop < 1:
            raise UsageError(f"drop {self.drop}: must be from 0 to below 1")
        if self.batch < 1:
            raise UsageError(f"batch {self.batch}: must be above 0")

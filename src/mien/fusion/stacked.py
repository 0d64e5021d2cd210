"""What all classifiers stacked on the branches' probabilities have in common.

Their input is all branches' class probabilities side by side. Where a branch is absent the share
of each class in the training clips stands in, the best guess without looking. Paper 000 does not
say what its classifiers were trained on; give `fit` out-of-fold scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.branch_scores import Stack
from mien.fusion.fused_onnx import FusedOnnx

__all__ = ["FusedStacked", "probabilities"]


@dataclass(frozen=True)
class FusedStacked(FusedOnnx):
    """A classifier's ONNX file.

    Args:
        prior: (C,) share of each class in the training clips.
    """

    kind: ClassVar[str] = "stacked"

    prior: tuple[float, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.prior) != self.classes:
            raise UsageError(f"prior: {len(self.prior)} values for {self.classes} classes")

    def packed(self, stack: Stack) -> NDArray[np.float32]:
        """(n,B*C) probabilities, the prior for an absent branch."""
        return probabilities(stack, self.prior)


def probabilities(stack: Stack, prior: tuple[float, ...]) -> NDArray[np.float32]:
    """(n,B*C) probabilities of all branches, with `prior` (C,) where one is absent."""
    whole = np.where(stack.present[:, :, None], stack.probabilities, np.array(prior))
    return whole.reshape(len(stack), -1).astype(np.float32)

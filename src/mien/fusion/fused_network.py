"""Fusion networks as they are used: one ONNX file on descriptors, scores and what is present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.fusion.branch_scores import Stack
from mien.fusion.fused_onnx import FusedOnnx

__all__ = ["FusedNetwork", "network_rows", "sizes_of"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FusedNetwork(FusedOnnx):
    """A network on the branches' descriptors; scaling is part of the ONNX file.

    Args:
        sizes: (B,) width D of each branch's descriptor; 0 for a branch without one, whose
            probabilities stand in for it.
    """

    kind: ClassVar[str] = "network"

    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.sizes) != len(self.branches) or min(self.sizes) < 0:
            raise UsageError(f"sizes: {len(self.sizes)} for {len(self.branches)} branches")

    def packed(self, stack: Stack) -> Floats:
        """See `network_rows`."""
        return network_rows(stack, self.sizes)


def sizes_of(stack: Stack) -> tuple[int, ...]:
    """(B,) width of each branch's descriptor, 0 where it has none."""
    return tuple(0 if d is None else d.shape[1] for d in stack.descriptors)


def network_rows(stack: Stack, sizes: Sequence[int]) -> Floats:
    """Descriptors, probabilities (B*C) and present flags (B), side by side: (n,W) float32.

    What is absent is zeros.

    Raises:
        UsageError: a branch that is present lacks its descriptor, or has one of another width.
    """
    parts = [_descriptor(stack, b, size) for b, size in enumerate(sizes)]
    parts += [stack.probabilities.reshape(len(stack), -1), stack.present.astype(float)]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _descriptor(stack: Stack, b: int, size: int) -> NDArray[np.float64]:
    if not size:
        return stack.probabilities[:, b]
    descriptor = stack.descriptors[b]
    if descriptor is None and not stack.present[:, b].any():
        return np.zeros((len(stack), size))
    width = 0 if descriptor is None else descriptor.shape[1]
    if descriptor is None or width != size:
        name = stack.branches[b]
        raise UsageError(f"branch '{name}': descriptor of {width} values, the fusion takes {size}")
    return descriptor

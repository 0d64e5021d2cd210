"""Majority vote of the branches' first choices (paper 002, 2.6 and table 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mien.fusion.branch_scores import Stack
from mien.fusion.fuser import Fused, Fusion, Given

__all__ = ["FusedVote", "MajorityVote"]


@dataclass(frozen=True)
class MajorityVote(Fusion):
    """A vote for each branch that is present; among equals the mean probability decides."""

    def _fitted(self, data: Given) -> Fused:
        return FusedVote(data.stack.branches, data.classes)


@dataclass(frozen=True)
class FusedVote(Fused):
    """See `MajorityVote`.

    The mean probabilities are shared out as one vote more. Two means differ by less than one, so
    they settle a tie and never a majority.
    """

    kind: ClassVar[str] = "majority_vote"

    def _scores(self, stack: Stack) -> NDArray[np.float64]:
        ballots = np.eye(self.classes)[stack.probabilities.argmax(2)]
        votes = (ballots * stack.present[:, :, None]).sum(1)
        return np.asarray((votes + stack.mean()) / (stack.present.sum(1)[:, None] + 1))

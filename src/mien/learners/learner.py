"""The one interface of all learners, and the choice of one for a branch."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.learners.clip_set import ClipSet
from mien.recipes.declaration import Model as Declared
from mien.recipes.declaration import Sequence, Statistics, VoiceCnn
from mien.types import Features

__all__ = ["Learner", "learner"]


class Learner(Protocol):
    """A branch's model: learns from clips, scores clips, becomes an ONNX file.

    `pooling` says what the ONNX file takes: "rows" gives log-probabilities (N,C) for rows (N,...),
    whose mean is the clip's; "span" takes all rows (1,T,D) of a clip or window at once.
    """

    pooling: str

    def train(self, data: ClipSet, folder: Path, seed: int) -> None:
        """Learn from clips that all have a valid row; `folder` gets the log and the state."""

    def log_probs(self, features: Features) -> NDArray[np.float64] | None:
        """(C,) of one clip; None where it has no valid row."""

    def save(self, folder: Path) -> None:
        """Write what `load` needs into `folder`."""

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""

    def export(self, path: Path) -> None:
        """Write the ONNX file."""


def learner(model: Declared, classes: int, shape: tuple[int, ...]) -> Learner:
    """The learner that a declared model asks for.

    Args:
        model: as the recipe declares it.
        classes: size of the label set.
        shape: of one row of the features, without time.
    """
    if isinstance(model, Statistics | Sequence | VoiceCnn):
        from mien.learners.network import NetworkLearner

        return NetworkLearner(model, classes, shape)
    from mien.learners.classical import ClassicalLearner

    return ClassicalLearner(model, classes, shape)

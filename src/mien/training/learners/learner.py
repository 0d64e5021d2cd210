"""The one interface of all learners, and the choice of one for a branch."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from mien.inference.aggregation import BranchOutput
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.exported import Exported
from mien.training.recipes.declaration import (
    Attention,
    Encoder,
    Linear,
    Mlp,
    Recipe,
    Recurrent,
    Statistics,
    VoiceCnn,
)
from mien.types import Features

__all__ = ["Learner", "learner"]


class Learner(Protocol):
    """A branch's model: learns from clips, scores clips, becomes part of a bundle.

    Attributes:
        together: whether several processes (`mien.training.distributed`) train one together.
    """

    together: bool

    def train(self, data: ClipSet, folder: Path, seed: int) -> None:
        """Learn from clips that all have a valid row; `folder` gets the log and the state."""

    def predict(self, features: Features) -> BranchOutput | None:
        """What one clip says; None where it has no valid row."""

    def save(self, folder: Path) -> None:
        """Write what `load` needs into `folder`."""

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""

    def export(self, folder: Path, name: str) -> Exported:
        """Write ONNX files whose names begin with `name`, and say how a bundle uses them."""


def learner(recipe: Recipe, branch: str, classes: int, shape: tuple[int, ...]) -> Learner:
    """The learner that a branch of a recipe asks for.

    Args:
        recipe: the whole of it, since a branch may build on another.
        branch: its name.
        classes: size of the label set.
        shape: of one row of the features, without time.
    """
    model = recipe.branches[branch].model
    match model:
        case Statistics() | Attention():
            from mien.training.learners.statistics import StatisticsLearner

            return StatisticsLearner(model, classes, shape)
        case Linear():
            from mien.training.learners.linear import LinearLearner

            return LinearLearner(model, classes, shape)
        case VoiceCnn():
            from mien.training.learners.voice_cnn import VoiceCnnLearner

            return VoiceCnnLearner(model, classes, shape)
        case Encoder():
            from mien.training.learners.encoder import EncoderLearner

            return EncoderLearner(model, classes, shape)
        case Recurrent():
            from mien.training.learners.encoder import EncoderLearner
            from mien.training.learners.recurrent import RecurrentLearner

            below = recipe.branches[model.on].model if model.on else None
            base = EncoderLearner(below, classes, shape) if isinstance(below, Encoder) else None
            return RecurrentLearner(model, classes, shape, base)
        case Mlp():
            from mien.training.learners.mlp import MlpLearner

            return MlpLearner(model, classes, shape)
    from mien.training.learners.classical import ClassicalLearner

    return ClassicalLearner(model, classes, shape)

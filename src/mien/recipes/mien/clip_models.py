"""The clip models that are compared: how the faces of a clip become one answer, and how that is
joined with the voice.

All of them see the same: the embeddings and log-probabilities of the default bundle's face encoder
for each face, and the log-probabilities of a voice network that did not learn from the clip's
actor. What has no numbers of its own is fitted nowhere; the rest learns from the training actors
of a fold only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mien.fusion.fuser import Fusion
from mien.fusion.log_opinion import LogOpinion
from mien.fusion.mean import Mean
from mien.fusion.mod_drop import ModDrop
from mien.fusion.score_tree import ScoreTree
from mien.fusion.weighted_mean import WeightedMean
from mien.recipes.declaration import (
    Attention,
    Branch,
    Joined,
    Network,
    Recipe,
    Recurrent,
    Schooling,
    Statistics,
)
from mien.recipes.mien.clips import RECIPE as CLIPS
from mien.schedules import Fit

__all__ = ["FIXED_POOLS", "HEADS", "POOL", "TRAINED_POOLS", "head", "joining"]

POOL = "log-opinion pool"
"""The fusion that the bundle shipped with so far; the trained heads are joined by it too."""

FIXED_POOLS: dict[str, Fusion] = {
    POOL: LogOpinion(),
    "weighted mean": WeightedMean(),
    "mean": Mean(),
}
"""Joined with mean pooling; nothing in them is drawn."""

TRAINED_POOLS: dict[str, Fusion] = {"ModDrop": ModDrop(), "score tree": ScoreTree(drop=0.3)}
"""Networks on the mean embedding of the faces and the voice's probabilities."""

_SCHOOL = Schooling(
    Fit(epochs=15, steps=20, optimiser="adamw", rate=3e-3, weight_decay=5e-2, average=0.95)
)
HEADS: dict[str, Network] = {
    "statistics and linear": Statistics(_SCHOOL),
    "attention pooling": Attention(_SCHOOL),
    "LSTM": Recurrent(
        replace(_SCHOOL, fit=replace(_SCHOOL.fit, rate=2e-3, weight_decay=1e-2)),
        hidden=64,
        bidirectional=True,
        last=False,
        dropout=0.3,
        input_dropout=0.3,
        pooling="log_mean",
    ),
}
"""Networks on the rows of a clip's faces, each joined with the voice by `POOL`."""


def head(model: Network, bundle: str, inner: int) -> Recipe:
    """A recipe of the face alone, whose inner folds give the scores that `POOL` is fitted on.

    Args:
        model: of `HEADS`.
        bundle: whose face encoder makes the rows.
        inner: folds within the training actors of a test fold.
    """
    face = Branch("face", "face_embedding", model, {"model": bundle})
    return Recipe("clip_models", "", {"face": face}, inner=inner)


def joining(fusions: Mapping[str, Fusion]) -> Recipe:
    """A recipe of face and voice with these fusions, of which only the fusions are used."""
    return replace(CLIPS, fusions={name: Joined(how) for name, how in fusions.items()})

"""One training of the voice encoder: its numbers, its batches, its loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.atomic import atomic
from mien.features.speech_functionals import SIZE
from mien.labels import EMOTIONS
from mien.models.committee_net import CommitteeNet
from mien.recipes.mien.voice_data import Sounds
from mien.train import Batch, Fit, fit

__all__ = ["RECIPE", "Learnt", "Members", "VoiceRecipe", "batches", "loss", "network", "train"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class VoiceRecipe:
    """Numbers of the voice training.

    Args:
        members, hidden, dropout: of `mien.models.committee_net.CommitteeNet`.
        batch: rows of each member's batch; every member draws its own.
        noise: added to the standardised functionals.
        mixup: of the Beta distribution (Zhang et al. 2018).
        smoothing: of the labels.
        balance: 0 draws classes as they are, 1 draws them equally often.
        corpora: share of each.
        fit: how long and fast.
    """

    members: int = 6
    hidden: int = 128
    dropout: tuple[float, float] = (0.25, 0.5)
    batch: int = 128
    noise: float = 0.3
    mixup: float = 0.3
    smoothing: float = 0.1
    balance: float = 0.7
    corpora: tuple[tuple[str, float], ...] = (("ravdess", 0.7), ("emodb", 0.1), ("java_sed", 0.2))
    fit: Fit = field(
        default_factory=lambda: Fit(
            epochs=20, steps=100, optimiser="adamw", rate=2e-3, weight_decay=0.1, average=0.0
        )
    )


RECIPE = VoiceRecipe()


def network(recipe: VoiceRecipe = RECIPE) -> CommitteeNet:
    """The untrained network."""
    return CommitteeNet(SIZE, len(EMOTIONS), recipe.members, recipe.hidden, dropout=recipe.dropout)


@dataclass(frozen=True)
class Learnt:
    """What one network learns from.

    Args:
        rows: (N,SIZE) functionals.
        labels: (N,) columns of `mien.labels.EMOTIONS`.
        cumulated: (N,) sums of the probabilities of being drawn.
        names: (N,) of the recordings.
    """

    rows: Floats
    labels: NDArray[np.int64]
    cumulated: NDArray[np.float64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, training: Sequence[Sounds], recipe: VoiceRecipe) -> Learnt:
        """Rows of all recordings, drawn so that corpora and classes are balanced."""
        labels = np.array([EMOTIONS.index(s.one.label) for s in training])
        corpus = np.array([s.one.corpus for s in training])
        weight = np.zeros(len(training))
        for name, share in recipe.corpora:
            mine = corpus == name
            rare = np.bincount(labels[mine], minlength=7)[labels[mine]] ** -recipe.balance
            weight[mine] = share * rare / max(rare.sum(), 1e-9)
        each = len(training[0].learnt)
        drawn = np.repeat(weight / weight.sum() / each, each)
        names = tuple(s.one.id for s in training for _ in range(each))
        rows = np.concatenate([s.learnt for s in training])
        return cls(rows, np.repeat(labels, each), np.cumsum(drawn), names)


def batches(standard: Floats, learnt: Learnt, recipe: VoiceRecipe, epoch: int) -> Iterator[Batch]:
    """A batch for each member, with noise and mixed (mixup): x (M,B,SIZE), y (M,B,7)."""
    draw = np.random.default_rng([recipe.fit.seed, epoch])
    size = (recipe.members, recipe.batch)
    exact = np.eye(len(EMOTIONS), dtype=np.float32)
    for _ in range(recipe.fit.steps):
        rows = np.searchsorted(learnt.cumulated, draw.random(size)).clip(0, len(standard) - 1)
        x = standard[rows]
        x = x + np.float32(recipe.noise) * draw.standard_normal(x.shape, np.float32)
        y = exact[learnt.labels[rows]]
        y = y * (1 - recipe.smoothing) + recipe.smoothing / len(EMOTIONS)
        mix = draw.beta(recipe.mixup, recipe.mixup, (recipe.members, 1, 1)).astype(np.float32)
        x, y = mix * x + (1 - mix) * x[:, ::-1], mix * y + (1 - mix) * y[:, ::-1]
        names = tuple(learnt.names[r] for r in rows[0])
        yield Batch((torch.from_numpy(x), torch.from_numpy(y.astype(np.float32))), names)


class Members(nn.Module):
    """A committee as it learns: each member on its own rows (M,B,SIZE) -> logits (M,B,7)."""

    def __init__(self, net: CommitteeNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, standardised: Tensor) -> Tensor:
        """What each says of its own rows."""
        return self.net.members_say(standardised)[0]


def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy with soft labels, mean over members."""
    x, y = batch
    return -(y * functional.log_softmax(model(x), 2)).sum(2).mean()


def train(training: Sequence[Sounds], out: Path, recipe: VoiceRecipe) -> CommitteeNet:
    """Train one network, or load it if the run is finished."""
    torch.manual_seed(recipe.fit.seed)
    model = network(recipe)
    weights = out / "voice.pt"
    if weights.exists():
        model.load_state_dict(torch.load(weights, weights_only=True))
        return model.eval()
    learnt = Learnt.of(training, recipe)
    mean, spread = learnt.rows.mean(0), learnt.rows.std(0) + np.float32(1e-3)
    model.standardise(torch.from_numpy(mean), torch.from_numpy(spread))
    standard = model.standardised(torch.from_numpy(learnt.rows)).numpy()
    members = Members(model)
    trained = fit(
        members, lambda epoch: batches(standard, learnt, recipe, epoch), loss, None, recipe.fit, out
    )
    model.load_state_dict({k.removeprefix("net."): v for k, v in trained.state_dict().items()})
    with atomic(weights) as partial:
        torch.save(model.state_dict(), partial)
    return model.eval()

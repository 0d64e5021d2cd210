"""The face encoder of the default bundle: 1.6 M parameters, FER2013 with FER+ votes.

    python -m project.bundle.face ROOT OUT

ROOT holds FER2013 (see `mien.data.datasets.fer2013`); OUT gets the logs, the states and `face.pt`.
Epochs are chosen on PublicTest; PrivateTest is touched only by `project.bundle.evaluate`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.core.atomic import atomic
from mien.data.datasets import fer2013
from mien.labels import FERPLUS
from mien.training.loop import Batch, OptimConfig, Score, fit
from mien.training.models.small_resnet import CROP, SmallResNet, centre, normalise
from project.bundle.face_augment import FaceAugment, augment

__all__ = [
    "POLISH",
    "RECIPE",
    "ROBUST",
    "STAGES",
    "VOTES",
    "FaceRecipe",
    "predict",
    "run_stage",
    "scorer",
    "train",
]


@dataclass(frozen=True)
class FaceRecipe:
    """Numbers of one stage of the face training (sources: the project's notes on FER2013).

    Args:
        width, blocks: of the network, see `SmallResNet`.
        size: side of what the network sees, in pixels.
        batch: pictures of an optimiser step.
        mixup: parameter of the beta distribution; 0 mixes nothing (Zhang et al. 2018).
        smoothing: of the FER2013 labels.
        augment: what is done to the pictures.
        votes_weight: of the loss on the FER+ votes beside that on the FER2013 labels.
        least_votes: votes for a class that count as none.
    """

    width: int = 32
    blocks: tuple[int, ...] = (1, 2, 2, 1)
    size: int = CROP
    batch: int = 256
    mixup: float = 0.2
    smoothing: float = 0.1
    augment: FaceAugment = field(default_factory=FaceAugment)
    votes_weight: float = 1.0
    least_votes: int = 0
    fit: OptimConfig = field(
        default_factory=lambda: OptimConfig(
            epochs=32, steps=112, rate=0.1, bf16=True, select="public_accuracy"
        )
    )


RECIPE = FaceRecipe()

POLISH = replace(
    RECIPE,
    mixup=0.0,
    smoothing=0.05,
    augment=FaceAugment(rotation=8.0, scale=(0.9, 1.1), shift=0.06, erase=0.05, blur=0.1),
    fit=replace(RECIPE.fit, epochs=10, rate=0.04, warmup=0.05, average=0.99, seed=1),
)
"""A second, short stage with gentler augmentation, nearer to what the network is used on."""

VOTES = replace(
    POLISH,
    augment=replace(POLISH.augment, erase=0.1),
    votes_weight=1.5,
    least_votes=1,
    fit=replace(POLISH.fit, epochs=36, rate=0.06, warmup=0.1, average=0.997, seed=2, select=""),
)
"""A third, long stage that leans on the votes, a single person's left out as FER+'s authors do.

After the second stage the network gets only 73 / 88 % of its own training pictures right: it
needs more epochs of gentle augmentation, not more regularisation. The last epoch counts.
"""


ROBUST = replace(
    VOTES,
    augment=FaceAugment(rotation=12.0, scale=(0.82, 1.18), shift=0.12, erase=0.2, blur=0.3),
    smoothing=0.1,
    fit=replace(VOTES.fit, epochs=12, rate=0.03, warmup=0.1, average=0.995, seed=3),
)
"""A fourth stage with the jitter and the blur of a detector's crops, which VOTES has little of."""

STAGES = (RECIPE, POLISH, VOTES, ROBUST)
"""What ships. Larger teachers did not help, see `reports/logs/face_ideas.md`."""


def loss(model: nn.Module, batch: tuple[Tensor, ...], recipe: FaceRecipe = RECIPE) -> Tensor:
    """Cross-entropy on FER2013 labels and FER+ vote distributions.

    Args:
        model: pictures -> logits (B,7), logits (B,8), embedding.
        batch: pictures (B,1,S,S), labels (B,7), votes (B,8), whether there are votes (B,).
        recipe: the weights of the parts.
    """
    pictures, labels, votes, known = batch
    logits, plus, _ = model(pictures)
    first = _cross_entropy(logits.float(), labels).mean()
    each = _cross_entropy(plus.float(), votes)
    return first + recipe.votes_weight * (each * known).sum() / known.sum().clamp(min=1)


def _cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """(B,) of logits (B,C) against probabilities (B,C)."""
    return -(target * functional.log_softmax(logits, 1)).sum(1)


def batches(data: fer2013.Fer2013, recipe: FaceRecipe, _epoch: int) -> Iterator[Batch]:
    """Augmented, mixed batches of one epoch."""
    order = torch.randperm(len(data))[: recipe.fit.steps * recipe.batch]
    pictures = torch.from_numpy(data.pictures)[:, None]
    classes = 7
    smooth = functional.one_hot(torch.from_numpy(data.labels), classes).float()
    smooth = smooth * (1 - recipe.smoothing) + recipe.smoothing / classes
    votes = torch.from_numpy(data.votes[:, : len(FERPLUS)])
    votes = torch.where(votes > recipe.least_votes, votes, 0.0)
    known = (votes.sum(1) > 0).float()
    votes = votes / votes.sum(1, keepdim=True).clamp(min=1)
    for rows in torch.split(order, recipe.batch):
        x = normalise(augment(pictures[rows].float(), recipe.size, recipe.augment))
        draw = np.random.default_rng(int(rows[0]))
        mix = float(draw.beta(recipe.mixup, recipe.mixup)) if recipe.mixup else 1.0
        twin = torch.randperm(len(rows))
        x = (mix * x + (1 - mix) * x[twin]).contiguous(memory_format=torch.channels_last)
        hard = [mix * y[rows] + (1 - mix) * y[rows][twin] for y in (smooth, votes, known)]
        yield Batch((x, *hard))


@torch.no_grad()
def predict(model: nn.Module, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of both heads for (N,48,48) uint8 pictures."""
    parts = [model(normalise(centre(p[:, None]).float()))[:2] for p in torch.split(pictures, 512)]
    return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])


def scorer(public: fer2013.Fer2013) -> Score:
    """Accuracy on PublicTest, FER2013 labels and FER+ majority, for the log and the choice."""
    chosen = fer2013.majority(public.votes)

    def score(model: nn.Module) -> dict[str, float]:
        logits, plus = predict(model, torch.from_numpy(public.pictures))
        right = logits.argmax(1).numpy() == public.labels
        plus_right = (plus.argmax(1).numpy() == chosen)[chosen >= 0]
        labels, votes = float(right.mean()), float(plus_right.mean())
        return {
            "public_accuracy": labels,
            "public_ferplus": votes,
            "public_mean": (labels + votes) / 2,
        }

    return score


def run_stage(
    model: nn.Module,
    stage: FaceRecipe,
    data: Mapping[str, fer2013.Fer2013],
    folder: Path,
) -> None:
    """Train `model` for one stage, in place; a finished stage (FOLDER.pt is there) is only loaded.

    Args:
        model: network to go on with.
        stage: the numbers.
        data: pictures of "Training" and "PublicTest".
        folder: of the log and the state; the weights go beside it.
    """
    weights = folder.with_suffix(".pt")
    if not weights.exists():
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        drawn = partial(batches, data["Training"], stage)
        best = fit(
            model, drawn, partial(loss, recipe=stage), scorer(data["PublicTest"]), stage.fit, folder
        )
        with atomic(weights) as part:
            torch.save(best.state_dict(), part)
    model.load_state_dict(torch.load(weights, weights_only=True))


def train(root: Path, out: Path, stages: tuple[FaceRecipe, ...] = STAGES) -> None:
    """Train stage by stage, and write `face.pt`, the weights that ship.

    A stage that is finished in `out` is not run again.
    """
    data = fer2013.load(root)
    torch.manual_seed(stages[0].fit.seed)
    model = SmallResNet(stages[0].width, stages[0].blocks)
    for number, stage in enumerate(stages, 1):
        run_stage(model, stage, data, out / f"stage_{number}")
    with atomic(out / "face.pt") as part:
        torch.save(model.state_dict(), part)


def main() -> None:
    """Command line of the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    options = parser.parse_args()
    train(options.root, options.out, tuple(map(_short, STAGES)) if options.quick else STAGES)


def _short(stage: FaceRecipe) -> FaceRecipe:
    return replace(stage, batch=32, fit=replace(stage.fit, epochs=1, steps=2))


if __name__ == "__main__":
    main()

"""The face encoder of the default bundle: 1.6 M parameters, FER2013 with FER+ votes.

    python -m mien.recipes.mien.face ROOT OUT

ROOT holds FER2013 (see `mien.datasets.fer2013`); OUT gets the logs, the states and `face.pt`.
Epochs are chosen on PublicTest; PrivateTest is touched only by `mien.recipes.mien.evaluate`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.datasets import fer2013
from mien.labels import FERPLUS
from mien.models.small_resnet import SmallResNet
from mien.train import Batch, Fit, fit

__all__ = [
    "POLISH",
    "RECIPE",
    "ROBUST",
    "VOTES",
    "FaceRecipe",
    "augment",
    "centre",
    "normalise",
    "train",
]


@dataclass(frozen=True)
class FaceRecipe:
    """Numbers of the face training (sources: the project's notes on FER2013 trainings)."""

    width: int = 32
    blocks: tuple[int, ...] = (1, 2, 2, 1)
    size: int = 44
    batch: int = 256
    mixup: float = 0.2
    smoothing: float = 0.1
    rotation: float = 12.0
    scale: tuple[float, float] = (0.8, 1.2)
    shift: float = 0.15
    erase: float = 0.3
    blur: float = 0.25
    votes_weight: float = 1.0
    least_votes: int = 0  # votes for a class that count as none
    fit: Fit = field(
        default_factory=lambda: Fit(
            epochs=32, steps=112, rate=0.1, bf16=True, select="public_accuracy"
        )
    )


RECIPE = FaceRecipe()

POLISH = replace(
    RECIPE,
    mixup=0.0,
    smoothing=0.05,
    rotation=8.0,
    scale=(0.9, 1.1),
    shift=0.06,
    erase=0.05,
    blur=0.1,
    fit=replace(RECIPE.fit, epochs=10, rate=0.04, warmup=0.05, average=0.99, seed=1),
)
"""A second, short stage with gentler augmentation, nearer to what the network is used on."""

VOTES = replace(
    POLISH,
    erase=0.1,
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
    rotation=12.0,
    scale=(0.82, 1.18),
    shift=0.12,
    erase=0.2,
    blur=0.3,
    smoothing=0.1,
    fit=replace(VOTES.fit, epochs=12, rate=0.03, warmup=0.1, average=0.995, seed=3),
)
"""A fourth stage with the jitter and the blur of a detector's crops, which VOTES has little of."""


def normalise(pictures: Tensor) -> Tensor:
    """Grey pictures in 0..255 -> zero mean and unit deviation each, so that light matters less.

    The same arithmetic is part of the exported network, so that use cannot differ from training.
    """
    pictures = pictures / 255
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    spread = ((pictures - mean) ** 2).mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return (pictures - mean) / (spread + 0.05)


def centre(pictures: Tensor, size: int = RECIPE.size) -> Tensor:
    """The middle (..., size, size) of pictures (..., H, W): what the network saw in training.

    Looking at all 48 px instead costs a whole point of FER+ accuracy on PublicTest: the random
    crops of the training show a narrower stretch than the whole picture.
    """
    top, left = (pictures.shape[-2] - size) // 2, (pictures.shape[-1] - size) // 2
    return pictures[..., top : top + size, left : left + size]


def augment(pictures: Tensor, recipe: FaceRecipe) -> Tensor:
    """Random flip, rotation, scale, shift, blur to low resolution, light and erasing.

    Args:
        pictures: (B,1,48,48) float, 0..255.

    Returns:
        (B,1,size,size) float, 0..255.
    """
    count, size = len(pictures), recipe.size
    angle = torch.deg2rad((torch.rand(count) * 2 - 1) * recipe.rotation)
    low, high = recipe.scale
    zoom = (low + (high - low) * torch.rand(count)) * size / pictures.shape[-1]
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    shift = (torch.rand(count, 2) * 2 - 1) * recipe.shift
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    rows = torch.stack(
        [
            torch.stack([cos * flip, -sin, shift[:, 0]], 1),
            torch.stack([sin * flip, cos, shift[:, 1]], 1),
        ],
        1,
    )
    grid = functional.affine_grid(rows, [count, 1, size, size], align_corners=False)
    result = functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    blurred = torch.rand(count) < recipe.blur
    if blurred.any():
        small = int(torch.randint(18, size, (1,)))
        low_resolution = functional.interpolate(
            result[blurred], size=(small, small), mode="bilinear", antialias=True
        )
        result[blurred] = functional.interpolate(low_resolution, size=(size, size), mode="bilinear")
    gamma = torch.exp((torch.rand(count, 1, 1, 1) * 2 - 1) * 0.4)
    result = 255 * (result.clamp(0, 255) / 255) ** gamma
    result = result + torch.randn(count, 1, 1, 1) * 8 + torch.randn_like(result) * 4
    for i in torch.nonzero(torch.rand(count) < recipe.erase)[:, 0].tolist():
        high_, wide = (int(v) for v in torch.randint(6, 20, (2,)))
        top, left = (int(v) for v in torch.randint(0, size - 6, (2,)))
        result[i, 0, top : top + high_, left : left + wide] = float(torch.rand(1) * 255)
    return result


def loss(model: nn.Module, batch: tuple[Tensor, ...], weight: float = 1.0) -> Tensor:
    """Cross-entropy on FER2013 labels plus `weight` times that on the FER+ vote distributions."""
    pictures, labels, votes, known = batch
    logits, plus, _ = model(pictures)
    first = -(labels * functional.log_softmax(logits.float(), 1)).sum(1).mean()
    each = -(votes * functional.log_softmax(plus.float(), 1)).sum(1)
    return first + weight * (each * known).sum() / known.sum().clamp(min=1)


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
        x = normalise(augment(pictures[rows].float(), recipe))
        draw = np.random.default_rng(int(rows[0]))
        mix = float(draw.beta(recipe.mixup, recipe.mixup)) if recipe.mixup else 1.0
        twin = torch.randperm(len(rows))
        yield Batch(
            (
                (mix * x + (1 - mix) * x[twin]).contiguous(memory_format=torch.channels_last),
                mix * smooth[rows] + (1 - mix) * smooth[rows][twin],
                mix * votes[rows] + (1 - mix) * votes[rows][twin],
                mix * known[rows] + (1 - mix) * known[rows][twin],
            )
        )


@torch.no_grad()
def predict(model: nn.Module, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of both heads for (N,48,48) uint8 pictures."""
    parts = [model(normalise(centre(p[:, None]).float()))[:2] for p in torch.split(pictures, 512)]
    return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])


def train(
    root: Path, out: Path, stages: tuple[FaceRecipe, ...] = (RECIPE, POLISH, VOTES, ROBUST)
) -> None:
    """Train stage by stage, and write `face.pt` (the averaged weights of the chosen epoch).

    A stage that is finished (`stage_N.pt` is in `out`) is not run again.
    """
    data = fer2013.load(root)
    training, public = data["Training"], data["PublicTest"]
    chosen = fer2013.majority(public.votes)

    def score(model: nn.Module) -> dict[str, float]:
        logits, plus = predict(model, torch.from_numpy(public.pictures))
        right = logits.argmax(1).numpy() == public.labels
        plus_right = (plus.argmax(1).numpy() == chosen)[chosen >= 0]
        own, votes = float(right.mean()), float(plus_right.mean())
        return {"public_accuracy": own, "public_ferplus": votes, "public_mean": (own + votes) / 2}

    torch.manual_seed(stages[0].fit.seed)
    model: nn.Module = SmallResNet(stages[0].width, stages[0].blocks)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for number, stage in enumerate(stages, 1):
        weights = out / f"stage_{number}.pt"
        if weights.exists():
            model.load_state_dict(torch.load(weights, weights_only=True))
            continue
        given = partial(batches, training, stage)
        weighted = partial(loss, weight=stage.votes_weight)
        best = fit(model, given, weighted, score, stage.fit, out / f"stage_{number}")
        torch.save(best.state_dict(), weights)
        model.load_state_dict(best.state_dict())
    torch.save(model.state_dict(), out / "face.pt")


def main() -> None:
    """Command line of the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    train(options.root, options.out)


if __name__ == "__main__":
    main()

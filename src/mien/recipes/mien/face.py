"""The face encoder of the default bundle: a 1.6 M parameter residual network on FER2013 with FER+ votes.

    python -m mien.recipes.mien.face ROOT OUT [--epochs N]

ROOT holds FER2013 (see `mien.datasets.fer2013`); OUT gets the log, the state and `face.pt`. The
epoch is chosen on PublicTest; PrivateTest is touched only by `mien.recipes.mien.evaluate`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.datasets import fer2013
from mien.models.small_resnet import SmallResNet
from mien.train import Fit, fit

__all__ = ["RECIPE", "FaceRecipe", "augment", "normalise", "train"]


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
    fit: Fit = field(
        default_factory=lambda: Fit(
            epochs=32, steps=112, rate=0.1, bf16=True, select="public_accuracy"
        )
    )


RECIPE = FaceRecipe()


def normalise(pictures: Tensor) -> Tensor:
    """Grey pictures in 0..255 -> zero mean and unit deviation each, so that light matters less.

    The same arithmetic is part of the exported network, so that use cannot differ from training.
    """
    pictures = pictures / 255
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    spread = ((pictures - mean) ** 2).mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return (pictures - mean) / (spread + 0.05)


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
        [torch.stack([cos * flip, -sin, shift[:, 0]], 1), torch.stack([sin * flip, cos, shift[:, 1]], 1)],
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


def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy on FER2013 labels plus cross-entropy on the FER+ vote distributions."""
    pictures, labels, votes, known = batch
    logits, plus, _ = model(pictures)
    first = -(labels * functional.log_softmax(logits.float(), 1)).sum(1).mean()
    each = -(votes * functional.log_softmax(plus.float(), 1)).sum(1)
    return first + RECIPE.votes_weight * (each * known).sum() / known.sum().clamp(min=1)


def batches(data: fer2013.Fer2013, recipe: FaceRecipe, epoch: int) -> Iterator[tuple[Tensor, ...]]:
    """Augmented, mixed batches of one epoch."""
    order = torch.randperm(len(data))[: recipe.fit.steps * recipe.batch]
    pictures = torch.from_numpy(data.pictures)[:, None]
    classes = 7
    smooth = functional.one_hot(torch.from_numpy(data.labels), classes).float()
    smooth = smooth * (1 - recipe.smoothing) + recipe.smoothing / classes
    votes = torch.from_numpy(data.votes[:, :8])
    known = (votes.sum(1) > 0).float()
    votes = votes / votes.sum(1, keepdim=True).clamp(min=1)
    for rows in order.split(recipe.batch):
        x = normalise(augment(pictures[rows].float(), recipe))
        mix = float(np.random.default_rng(int(rows[0])).beta(recipe.mixup, recipe.mixup))
        twin = torch.randperm(len(rows))
        yield (
            (mix * x + (1 - mix) * x[twin]).contiguous(memory_format=torch.channels_last),
            mix * smooth[rows] + (1 - mix) * smooth[rows][twin],
            mix * votes[rows] + (1 - mix) * votes[rows][twin],
            mix * known[rows] + (1 - mix) * known[rows][twin],
        )


@torch.no_grad()
def predict(model: nn.Module, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Logits of both heads for (N,48,48) uint8 pictures."""
    parts = [model(normalise(p[:, None].float()))[:2] for p in pictures.split(512)]
    return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])


def train(root: Path, out: Path, recipe: FaceRecipe = RECIPE) -> None:
    """Train, and write `face.pt` (the averaged weights of the chosen epoch) into `out`."""
    data = fer2013.load(root)
    training, public = data["Training"], data["PublicTest"]
    chosen = fer2013.majority(public.votes)

    def score(model: nn.Module) -> dict[str, float]:
        logits, plus = predict(model, torch.from_numpy(public.pictures))
        right = logits.argmax(1).numpy() == public.labels
        plus_right = (plus.argmax(1).numpy() == chosen)[chosen >= 0]
        return {"public_accuracy": float(right.mean()), "public_ferplus": float(plus_right.mean())}

    torch.manual_seed(recipe.fit.seed)
    model = SmallResNet(recipe.width, recipe.blocks).to(memory_format=torch.channels_last)
    result = fit(
        model, lambda epoch: batches(training, recipe, epoch), loss, score, recipe.fit, out
    )
    torch.save(result.state_dict(), out / "face.pt")


def main() -> None:
    """Command line of the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=RECIPE.fit.epochs)
    parser.add_argument("--seed", type=int, default=RECIPE.fit.seed)
    options = parser.parse_args()
    how = replace(RECIPE.fit, epochs=options.epochs, seed=options.seed)
    train(options.root, options.out, replace(RECIPE, fit=how))


if __name__ == "__main__":
    main()

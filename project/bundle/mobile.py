"""A face encoder that starts from a network which has seen three million faces of VGGFace2.

    python -m project.bundle.mobile DATA/fer2013 OUT --pretrained FOLDER

FOLDER is what `project/weights/convert_pretrained.py` wrote. The labels are FER2013's and the
votes of FER+; the answers of the shipped face network may be mixed into both. OUT gets `log.csv`,
`state.pt`, from which an interrupted training goes on, and `face.pt`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.core.atomic import atomic
from mien.data.datasets import fer2013
from mien.evaluation.verify.pictures import face_encoder, outputs
from mien.inference.bundle import default_path, load
from mien.labels import EMOTIONS, FERPLUS
from mien.training.loop import Batch, OptimConfig, Score, fit
from mien.training.models.mobile_face import load_face
from mien.training.models.small_resnet import centre, normalise
from project.bundle.face import FaceRecipe, loss
from project.bundle.face_augment import FaceAugment, augment

__all__ = ["RECIPE", "MobileRecipe", "Targets", "enlarge", "predict", "targets", "train"]

_FROZEN = ("conv1", "blocks.0.", "blocks.1.", "blocks.2.")
_SCORED = 3  # every third picture of PublicTest is asked about after each epoch


@dataclass(frozen=True)
class MobileRecipe:
    """Numbers of the training.

    Args:
        sizes: side in pixels that the network sees, and up to which epoch.
        batch: pictures of an optimiser step.
        crop: side of what is cut from a picture before it is enlarged.
        taught: share of the shipped network's answer in what is to be answered, in 0..1; to ask
            it takes as long as an epoch.
        warmth: temperature of the teacher's answers.
        smoothing, votes_weight, least_votes: as in `project.bundle.face.FaceRecipe`.
        augment: what is done to the pictures.
    """

    sizes: tuple[tuple[int, int], ...] = ((64, 11),)
    batch: int = 64
    crop: int = 44
    taught: float = 0.0
    warmth: float = 1.5
    smoothing: float = 0.1
    votes_weight: float = 1.0
    least_votes: int = 1
    augment: FaceAugment = field(
        default_factory=lambda: FaceAugment(
            rotation=14.0,
            scale=(0.8, 1.2),
            shift=0.12,
            erase=0.15,
            blur=0.3,
            jpeg=0.15,
            dark=0.1,
            cover=0.1,
            aspect=0.3,
        )
    )
    fit: OptimConfig = field(
        default_factory=lambda: OptimConfig(
            epochs=11,
            steps=448,
            optimiser="adamw",
            rate=6e-4,
            warmup=0.05,
            rates=tuple((name, 0.0) for name in _FROZEN),
            weight_decay=0.02,
            average=0.998,
            seed=5,
        )
    )

    def size(self, epoch: int) -> int:
        """Side of what the network sees in an epoch, in pixels."""
        return next((size for size, end in self.sizes if epoch < end), self.sizes[-1][0])


RECIPE = MobileRecipe()


@dataclass(frozen=True)
class Targets:
    """What is to be answered about the training pictures.

    Args:
        labels: (N,7) probabilities for FER2013's labels.
        votes: (N,8) probabilities for FER+'s votes.
    """

    labels: Tensor
    votes: Tensor


def targets(
    data: fer2013.Fer2013, recipe: MobileRecipe, taught: tuple[Tensor, Tensor] | None = None
) -> Targets:
    """Labels and votes, with the answers of a teacher mixed in.

    Args:
        data: the training pictures.
        recipe: how much of what.
        taught: (N,7) and (N,8) probabilities of a teacher; None mixes nothing in.
    """
    hard = functional.one_hot(torch.from_numpy(data.labels), len(EMOTIONS)).float()
    hard = hard * (1 - recipe.smoothing) + recipe.smoothing / len(EMOTIONS)
    votes = torch.from_numpy(data.votes[:, : len(FERPLUS)])
    votes = torch.where(votes > recipe.least_votes, votes, 0.0)
    known = votes.sum(1, keepdim=True) > 0
    votes = votes / votes.sum(1, keepdim=True).clamp(min=1)
    if taught is None:
        return Targets(hard, votes)
    share = recipe.taught
    mixed = (1 - share) * votes + share * taught[1]
    return Targets((1 - share) * hard + share * taught[0], torch.where(known, mixed, taught[1]))


def teach(data: fer2013.Fer2013, recipe: MobileRecipe) -> tuple[Tensor, Tensor]:
    """(N,7) and (N,8) what the shipped face network says, of each picture and its mirror image."""
    run = face_encoder(load(default_path()))
    ways = (data.pictures, np.ascontiguousarray(data.pictures[:, :, ::-1]))
    answers = [outputs(run, pictures) for pictures in ways]
    labels, votes = (
        torch.stack([torch.softmax(torch.from_numpy(t[head]) / recipe.warmth, 1) for t in answers])
        for head in ("fer2013", "ferplus")
    )
    return labels.mean(0).float(), votes.mean(0).float()


def enlarge(pictures: Tensor, size: int) -> Tensor:
    """(B,1,S,S) grey in 0..255 -> (B,1,size,size) as the network takes them."""
    larger = functional.interpolate(
        normalise(pictures), size=(size, size), mode="bilinear", align_corners=False
    )
    return larger.contiguous(memory_format=torch.channels_last)


def batches(
    data: fer2013.Fer2013, wanted: Targets, recipe: MobileRecipe, epoch: int
) -> Iterator[Batch]:
    """Augmented batches of one epoch."""
    order = torch.randperm(len(data))[: recipe.fit.steps * recipe.batch]
    pictures = torch.from_numpy(data.pictures)[:, None]
    known = (wanted.votes.sum(1) > 0).float()
    for rows in torch.split(order, recipe.batch):
        x = augment(pictures[rows].float(), recipe.crop, recipe.augment)
        x = enlarge(x, recipe.size(epoch))
        yield Batch((x, wanted.labels[rows], wanted.votes[rows], known[rows]))


@torch.no_grad()
def predict(model: nn.Module, pictures: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Logits of both heads, (N,7) and (N,8), for (N,48,48) uint8 pictures."""
    crop = RECIPE.crop
    parts = [
        model(enlarge(centre(p[:, None], crop).float(), size))[:2]
        for p in torch.split(pictures, 256)
    ]
    return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])


def scorer(public: fer2013.Fer2013, size: int) -> Score:
    """Accuracy on a part of PublicTest, FER2013 labels and FER+ majority, for the log."""
    pictures = torch.from_numpy(public.pictures[::_SCORED])
    labels, chosen = public.labels[::_SCORED], fer2013.majority(public.votes)[::_SCORED]

    def score(model: nn.Module) -> dict[str, float]:
        logits, plus = predict(model, pictures, size)
        right = logits.argmax(1).numpy() == labels
        votes = (plus.argmax(1).numpy() == chosen)[chosen >= 0]
        result = {"public_accuracy": float(right.mean()), "public_ferplus": float(votes.mean())}
        print({name: round(value, 4) for name, value in result.items()}, flush=True)
        return result

    return score


def train(root: Path, out: Path, pretrained: Path, recipe: MobileRecipe = RECIPE) -> nn.Module:
    """Train the network and write `face.pt`; the averaged weights of the last epoch count.

    Args:
        root: holds FER2013, see `mien.data.datasets.fer2013`.
        out: gets log, state and weights.
        pretrained: what `project/weights/convert_pretrained.py` wrote.
        recipe: the numbers.

    Raises:
        UsageError: a file is missing.
    """
    data = fer2013.load(root)
    torch.manual_seed(recipe.fit.seed)
    model = load_face(pretrained / "mobile_face.npz")
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    taught = teach(data["Training"], recipe) if recipe.taught else None
    drawn = partial(batches, data["Training"], targets(data["Training"], recipe, taught), recipe)
    weights = FaceRecipe(votes_weight=recipe.votes_weight)
    public = scorer(data["PublicTest"], recipe.sizes[-1][0])
    best = fit(model, drawn, partial(loss, recipe=weights), public, recipe.fit, out)
    with atomic(out / "face.pt") as part:
        torch.save(best.state_dict(), part)
    return best


def main() -> None:
    """Command line of the recipe."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pretrained", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    options = parser.parse_args()
    recipe = RECIPE
    if options.quick:
        short = {**RECIPE.fit.__dict__, "epochs": 2, "steps": 4}
        recipe = MobileRecipe(sizes=((64, 1), (80, 2)), fit=OptimConfig(**short))
    train(options.root, options.out, options.pretrained, recipe)


if __name__ == "__main__":
    main()

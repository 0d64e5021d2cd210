"""What was tried on the face encoder beyond what ships; its end: reports/logs/face_ideas.md.

    python -m mien.recipes.mien.face_tries grow ROOT RUN        larger networks from the small one
    python -m mien.recipes.mien.face_tries teach ROOT RUN       the small network follows them
    python -m mien.recipes.mien.face_tries ensembles ROOT RUN   means of networks, flips and weights

ROOT holds FER2013; RUN is a finished `mien.recipes.mien.face`. All is scored on PublicTest alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional

from mien.datasets import fer2013
from mien.models.small_resnet import SmallResNet, deepen
from mien.recipes.mien.face import RECIPE, ROBUST, VOTES, FaceRecipe, predict, run_stage
from mien.recipes.mien.face_augment import FaceAugment

__all__ = ["TAUGHT", "TEACHERS", "ensembles", "grow", "teach"]

TEACHERS = (
    replace(
        VOTES,
        blocks=(2, 2, 2, 2),
        mixup=0.2,
        augment=FaceAugment(rotation=10.0, scale=(0.85, 1.15), shift=0.1, erase=0.15, blur=0.2),
        fit=replace(VOTES.fit, epochs=12, rate=0.04, average=0.996, seed=11),
    ),
    replace(
        VOTES,
        blocks=(1, 2, 4, 2),
        augment=FaceAugment(rotation=10.0, scale=(0.85, 1.15), shift=0.1, erase=0.3, blur=0.2),
        fit=replace(VOTES.fit, epochs=12, rate=0.05, average=0.996, seed=12),
    ),
)
"""Larger networks, grown from the small one as it is after its four stages (`deepen`)."""

TAUGHT = replace(
    ROBUST,
    taught=0.7,
    mixup=0.2,
    augment=replace(ROBUST.augment, jpeg=0.2, dark=0.1, cover=0.1),
    fit=replace(ROBUST.fit, epochs=12, rate=0.04, average=0.996, seed=21),
)
"""The last stage of the small network: it follows its teachers on what a detector delivers."""

Data = Mapping[str, fer2013.Fer2013]
Said = tuple[Tensor, Tensor]


def grow(data: Data, run: Path, teachers: Sequence[FaceRecipe] = TEACHERS) -> None:
    """Train larger networks on from the small one."""
    for number, teacher in enumerate(teachers, 1):
        large = deepen(_network(run / "face.pt"), teacher.blocks)
        run_stage(large, teacher, data, run / f"teacher_{number}")


def teach(data: Data, run: Path, stage: FaceRecipe = TAUGHT) -> None:
    """Train the small network on, following itself as it was and the larger ones that are there."""
    teachers: list[nn.Module] = [_network(run / "face.pt"), *_grown(run).values()]
    run_stage(_network(run / "face.pt"), stage, data, run / "taught", teachers)


def ensembles(public: fer2013.Fer2013, run: Path) -> dict[str, tuple[float, float]]:
    """Accuracies on PublicTest, {name: (FER2013 labels, FER+ majority)}."""
    nets: dict[str, SmallResNet] = {
        path.stem: _network(path) for path in sorted(run.glob("stage_[34].pt"))
    }
    nets |= _grown(run)
    if (run / "taught.pt").is_file():
        nets["taught"] = _network(run / "taught.pt")
    pictures = torch.from_numpy(public.pictures)
    plain = {name: _says(net, pictures) for name, net in nets.items()}
    both = {name: _mean([plain[name], _says(net, pictures.flip(2))]) for name, net in nets.items()}
    said = plain | {f"{name}, flips averaged": says for name, says in both.items()}
    said["mean of all, flips averaged"] = _mean(list(both.values()))
    soup = _soup([_network(run / "stage_3.pt"), _network(run / "stage_4.pt")])
    said["weights of stages 3 and 4 averaged"] = _says(soup, pictures)
    return {name: _right(says, public) for name, says in said.items()}


def _network(path: Path, blocks: tuple[int, ...] = RECIPE.blocks) -> SmallResNet:
    net = SmallResNet(RECIPE.width, blocks)
    net.load_state_dict(torch.load(path, weights_only=True))
    return net.eval()


def _grown(run: Path) -> dict[str, SmallResNet]:
    paths = {n: run / f"teacher_{n}.pt" for n in range(1, len(TEACHERS) + 1)}
    return {
        f"{TEACHERS[n - 1].blocks} blocks": _network(path, TEACHERS[n - 1].blocks)
        for n, path in paths.items()
        if path.is_file()
    }


def _says(net: nn.Module, pictures: Tensor) -> Said:
    own, votes = predict(net, pictures)
    return functional.softmax(own, 1), functional.softmax(votes, 1)


def _mean(said: Sequence[Said]) -> Said:
    own, votes = zip(*said, strict=True)
    return torch.stack(own).mean(0), torch.stack(votes).mean(0)


def _soup(nets: Sequence[SmallResNet]) -> SmallResNet:
    """One network with the mean of the weights (Wortsman et al. 2022)."""
    states = [net.state_dict() for net in nets]
    mean = {
        key: torch.stack([s[key] for s in states]).mean(0) if value.is_floating_point() else value
        for key, value in states[-1].items()
    }
    nets[-1].load_state_dict(mean)
    return nets[-1]


def _right(said: Said, public: fer2013.Fer2013) -> tuple[float, float]:
    chosen = fer2013.majority(public.votes)
    own = (said[0].argmax(1).numpy() == public.labels).mean()
    votes = (said[1].argmax(1).numpy() == chosen)[chosen >= 0].mean()
    return float(own), float(votes)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["grow", "teach", "ensembles"])
    parser.add_argument("root", type=Path)
    parser.add_argument("run", type=Path)
    options = parser.parse_args()
    data = fer2013.load(options.root)
    if options.what == "grow":
        grow(data, options.run)
    elif options.what == "teach":
        teach(data, options.run)
    else:
        table = Table("PublicTest", "FER2013, %", "FER+ majority, %")
        for name, (own, votes) in ensembles(data["PublicTest"], options.run).items():
            table.add_row(name, f"{100 * own:.1f}", f"{100 * votes:.1f}")
        Console().print(table)


if __name__ == "__main__":
    main()

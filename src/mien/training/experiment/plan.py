"""What a run has to fit: a unit is one branch on one training set.

Every test fold gets one unit a branch trained on all other clips (its scores are reported), and a
few inner ones trained on parts of those (their held-out scores fit the fusion and the
temperatures). So nothing is fitted on what is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.data.manifest import Manifest, ways_to_split
from mien.data.manifest import folds as speakers_in_folds
from mien.errors import UsageError
from mien.training.recipes.declaration import Recipe
from mien.types import Clip

__all__ = [
    "FINAL",
    "OFFICIAL",
    "OUTER",
    "FitJob",
    "Fold",
    "folds_of",
    "of_one_speaker",
    "official",
    "plan",
    "random_folds",
    "speaker_folds",
]

OFFICIAL = "official split"
"""The name of a manifest's own split, where others are called "speaker:6" or "random:5"."""

OUTER = -1
"""The number in place of an inner fold, where a unit is trained on the whole training set."""

FINAL = -1
"""The number in place of a test fold, where a unit is trained on all clips."""


@dataclass(frozen=True)
class Fold:
    """One split into training and test clips, by their places in the manifest.

    Args:
        number: of the fold; `FINAL` for the one that tests nothing.
        train, test: places of clips.
    """

    number: int
    train: tuple[int, ...]
    test: tuple[int, ...]


@dataclass(frozen=True)
class FitJob:
    """One fit.

    Args:
        branch: its name.
        seed: of weights, order and augmentation.
        fold: number of the test fold, or `FINAL`.
        inner: number of the inner fold, or `OUTER`.
        train, test: places of clips.
    """

    branch: str
    seed: int
    fold: int
    inner: int
    train: tuple[int, ...]
    test: tuple[int, ...]

    @property
    def name(self) -> str:
        """Its folder within the run."""
        fold = "final" if self.fold == FINAL else f"fold{self.fold}"
        inner = "" if self.inner == OUTER else f"-inner{self.inner}"
        return f"{self.branch}-seed{self.seed}-{fold}{inner}"


def folds_of(manifest: Manifest, how: str) -> list[Fold]:
    """The test folds that a text describes: `OFFICIAL`, "random:5", or see `manifest.folds`."""
    if how == OFFICIAL:
        return official(manifest.clips)
    if how.startswith("random:"):
        return random_folds(manifest.clips, how.removeprefix("random:"))
    return speaker_folds(manifest.clips, speakers_in_folds(manifest, how))


def speaker_folds(clips: Sequence[Clip], speakers: Sequence[frozenset[str]]) -> list[Fold]:
    """Test folds given by their speakers; a speaker in no fold is always trained on."""
    result = []
    for number, held_out in enumerate(speakers):
        labelled = [i for i, c in enumerate(clips) if c.label]
        test = tuple(i for i in labelled if clips[i].speaker in held_out)
        train = tuple(i for i in labelled if clips[i].speaker not in held_out)
        if test and train:
            result.append(Fold(number, train, test))
    if not result:
        raise UsageError("no clip belongs to a speaker of any fold; is this the right manifest?")
    return result


def random_folds(clips: Sequence[Clip], count: str) -> list[Fold]:
    """Test folds without regard to speakers, as much of the literature has them.

    Their scores are too good, since a speaker is on both sides; they are here to show by how much.
    """
    if not count.isdigit() or int(count) < 2:
        raise UsageError(f"--folds random:{count}: write random:5, with a number of at least 2")
    order = np.random.default_rng(0).permutation([i for i, c in enumerate(clips) if c.label])
    parts = [tuple(sorted(part.tolist())) for part in np.array_split(order, int(count))]
    everything = sorted(order.tolist())
    return [
        Fold(k, tuple(i for i in everything if i not in set(part)), part)
        for k, part in enumerate(parts)
    ]


def official(clips: Sequence[Clip]) -> list[Fold]:
    """The split that the manifest names: train, and val and test as what is reported on.

    Raises:
        UsageError: no such split, or a speaker on both sides of it.
    """
    train = tuple(i for i, c in enumerate(clips) if c.split == "train" and c.label)
    test = tuple(i for i, c in enumerate(clips) if c.split in ("val", "test") and c.label)
    if not train or not test:
        raise UsageError(f"the manifest names no train and test clips; {ways_to_split(clips)}")
    both = {clips[i].speaker for i in train} & {clips[i].speaker for i in test} - {""}
    if both:
        names = ", ".join(sorted(both)[:5])
        raise UsageError(
            f"{len(both)} speakers are in the training and the test clips ({names}); "
            "use --folds speaker:5, or mend the split ('mien data check' lists them)"
        )
    return [Fold(0, train, test)]


def plan(
    recipe: Recipe, clips: Sequence[Clip], folds: Sequence[Fold], seeds: Sequence[int]
) -> list[FitJob]:
    """All fits of a run, the outer ones of a fold before its inner ones."""
    units = []
    for seed in seeds:
        for fold in folds:
            for branch in recipe.branches:
                units.append(FitJob(branch, seed, fold.number, OUTER, fold.train, fold.test))
            if fold.number == FINAL or not recipe.inner:
                continue
            for number, (train, test) in enumerate(_inner(clips, fold.train, recipe.inner, seed)):
                units += [
                    FitJob(b, seed, fold.number, number, train, test) for b in recipe.branches
                ]
    return units


def of_one_speaker(clips: Sequence[Clip], places: Sequence[int]) -> bool:
    """Whether all of these clips are of one speaker, who is known."""
    speakers = {clips[i].speaker for i in places}
    return len(speakers) == 1 and "" not in speakers


def _inner(
    clips: Sequence[Clip], places: Sequence[int], count: int, seed: int
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Parts of a training set with unseen speakers each, about even in clips.

    Where a speaker is not known, or is the only one, the clips of one file stay together: all that
    can be done.
    """
    alone = of_one_speaker(clips, places)
    who = {i: (not alone and clips[i].speaker) or f"file {clips[i].path}" for i in places}
    speakers = sorted(set(who.values()))
    if len(speakers) < 2:
        raise UsageError(
            "the training clips have fewer than two speakers and are of one file, so no held-out "
            "scores can be made to fit the fusion on; fill the column 'speaker' of the manifest, "
            "or add clips of other people or files"
        )
    order = np.random.default_rng(seed).permutation(len(speakers))
    sizes = Counter(who.values())
    groups: list[set[str]] = [set() for _ in range(min(count, len(speakers)))]
    for at in sorted(order, key=lambda n: -sizes[speakers[n]]):
        min(groups, key=lambda g: sum(sizes[s] for s in g)).add(speakers[at])
    return [
        (
            tuple(i for i in places if who[i] not in group),
            tuple(i for i in places if who[i] in group),
        )
        for group in groups
    ]

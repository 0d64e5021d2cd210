"""What a run has to fit: a unit is one branch on one training set.

Every test fold gets one unit a branch trained on all other clips (its scores are reported), and a
few inner ones trained on parts of those (their held-out scores fit the fusion and the
temperatures). So nothing is fitted on what is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mien.data.manifest import Manifest, ways_to_split
from mien.data.manifest import folds as speakers_in_folds
from mien.errors import UsageError
from mien.training.recipes.declaration import Encoder, Recipe
from mien.types import Clip

__all__ = [
    "FINAL",
    "OFFICIAL",
    "OUTER",
    "TRAIN_AND_VAL",
    "FitJob",
    "Fold",
    "folds_of",
    "group_folds",
    "of_one_speaker",
    "official",
    "plan",
    "random_folds",
    "speaker_folds",
]

OFFICIAL = "official split"
"""The name of a manifest's own split, where others are called "speaker:6" or "random:5"."""

TRAIN_AND_VAL = "train+val"
"""The official split with its validation clips learned from too; the test clips are reported."""

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
        pictures: places of clips that only networks on single rows learn from, and that nothing is
            tested on: the column `use` of the manifest says "pictures".
    """

    number: int
    train: tuple[int, ...]
    test: tuple[int, ...]
    pictures: tuple[int, ...] = ()

    def seen(self, recipe: Recipe, branch: str) -> tuple[int, ...]:
        """What a branch learns from."""
        model = recipe.branches[branch].model
        single = isinstance(model, Encoder) and model.window == 1 and not recipe.lead(branch)
        return (*self.train, *self.pictures) if single else self.train


@dataclass(frozen=True)
class FitJob:
    """One fit.

    Args:
        branch: its name.
        seed: of weights, order and augmentation.
        fold: number of the test fold, or `FINAL`.
        inner: number of the inner fold, or `OUTER`.
        train, test: places of clips.
        like: name of a unit of the same branch, seed and training clips, whose fit is taken over;
            "" for none. It changes no number.
    """

    branch: str
    seed: int
    fold: int
    inner: int
    train: tuple[int, ...]
    test: tuple[int, ...]
    like: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """Its folder within the run."""
        fold = "final" if self.fold == FINAL else f"fold{self.fold}"
        inner = "" if self.inner == OUTER else f"-inner{self.inner}"
        return f"{self.branch}-seed{self.seed}-{fold}{inner}"


def folds_of(manifest: Manifest, scheme: str) -> list[Fold]:
    """The test folds that a text describes.

    Args:
        manifest: the clips.
        scheme: `OFFICIAL`; `TRAIN_AND_VAL` (002 on FER2013); "random:5"; "group" or "group:3" for
            `group_folds`; else see `mien.data.manifest.folds`.
    """
    whole = [
        replace(c, label="") if c.extra.get("use") == "pictures" else c for c in manifest.clips
    ]
    alone = tuple(i for i, c in enumerate(manifest.clips) if c.label and not whole[i].label)
    kept = replace(manifest, clips=tuple(whole)) if alone else manifest
    return [replace(fold, pictures=alone) for fold in _folds_of(kept, scheme)]


def _folds_of(manifest: Manifest, scheme: str) -> list[Fold]:
    """As `folds_of`, of clips that are all tested on."""
    if scheme in (OFFICIAL, TRAIN_AND_VAL):
        return official(manifest.clips, scheme == TRAIN_AND_VAL)
    if scheme.partition(":")[0] == "group":
        return group_folds(manifest.clips, scheme)
    if scheme.startswith("random:"):
        return random_folds(manifest.clips, scheme.removeprefix("random:"))
    return speaker_folds(manifest.clips, speakers_in_folds(manifest, scheme))


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


def group_folds(clips: Sequence[Clip], scheme: str) -> list[Fold]:
    """Test folds of clips that belong together as far as their corpus tells.

    Args:
        clips: of the manifest; what has no label is in no fold.
        scheme: "group", a fold for each group (the published sets of DFEW and MAFW), or "group:3",
            the groups dealt out so that the folds are about even in clips.

    Raises:
        UsageError: not such a text, or too few groups.
    """
    _, colon, count = scheme.partition(":")
    sizes = Counter(_group(c) for c in clips if c.label)
    number = int(count) if count.isdigit() else 0 if colon else len(sizes)
    if not 2 <= number <= len(sizes):
        raise UsageError(
            f"--folds {scheme}: write group or group:3, with a number from 2 to {len(sizes)}, the "
            "groups that the labelled clips have"
        )
    return speaker_folds(
        [replace(c, speaker=_group(c)) for c in clips],
        [frozenset(g) for g in _dealt(sizes, number)],
    )


def _group(clip: Clip) -> str:
    """The speaker of a clip, else its group in the manifest, else its file."""
    return clip.speaker or clip.extra.get("group", "") or f"file {clip.path}"


def _dealt(sizes: Mapping[str, int], number: int) -> list[set[str]]:
    """Names in so many groups that are about even in clips; published sets keep their order."""
    if number == len(sizes):
        return [{name} for name in sorted(sizes)]
    groups: list[set[str]] = [set() for _ in range(number)]
    for name in sorted(sizes, key=lambda n: (-sizes[n], n)):
        min(groups, key=lambda g: sum(sizes[n] for n in g)).add(name)
    return groups


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


def official(clips: Sequence[Clip], with_val: bool = False) -> list[Fold]:
    """The split that the manifest names: train, and val and test as what is reported on.

    Args:
        clips: of the manifest.
        with_val: learn from the validation clips too, and report on the test clips alone.

    Raises:
        UsageError: no such split, or a speaker on both sides of it.
    """
    learned = ("train", "val") if with_val else ("train",)
    train = tuple(i for i, c in enumerate(clips) if c.split in learned and c.label)
    rest = {"val", "test"} - set(learned)
    test = tuple(i for i, c in enumerate(clips) if c.split in rest and c.label)
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
                seen = fold.seen(recipe, branch)
                units.append(FitJob(branch, seed, fold.number, OUTER, seen, fold.test))
            if fold.number == FINAL or not recipe.inner:
                continue
            for number, (train, test) in enumerate(_inner(clips, fold.train, recipe.inner, seed)):
                part = replace(fold, train=train)
                units += [
                    FitJob(b, seed, fold.number, number, part.seen(recipe, b), test)
                    for b in recipe.branches
                ]
    return units


def of_one_speaker(clips: Sequence[Clip], indices: Sequence[int]) -> bool:
    """Whether all of these clips are of one speaker, who is known."""
    speakers = {clips[i].speaker for i in indices}
    return len(speakers) == 1 and "" not in speakers


def _inner(
    clips: Sequence[Clip], indices: Sequence[int], count: int, seed: int
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Parts of a training set with unseen speakers each, about even in clips.

    Where a speaker is not known, the clips of one group of the manifest stay together, and where
    there is none, or one speaker only, those of one file: all that can be done.
    """
    alone = of_one_speaker(clips, indices)
    who = {i: f"file {clips[i].path}" if alone else _group(clips[i]) for i in indices}
    if len(set(who.values())) == 1:
        who = {i: f"file {clips[i].path}" for i in indices}
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
            tuple(i for i in indices if who[i] not in group),
            tuple(i for i in indices if who[i] in group),
        )
        for group in groups
    ]

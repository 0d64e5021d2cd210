from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mien.data.manifest import Manifest
from mien.errors import UsageError
from mien.labels import EMOTIONS
from mien.training.experiment.plan import (
    FINAL,
    OUTER,
    TRAIN_AND_VAL,
    Fold,
    folds_of,
    group_folds,
    official,
    plan,
    speaker_folds,
)
from mien.training.recipes.catalog import recipe
from mien.types import Clip

CLIPS = tuple(
    Clip(f"{speaker}-{take}", "x.mp4", label="happy", speaker=speaker)
    for speaker in ("a", "b", "c", "d", "e", "f")
    for take in range(3)
)
FOLDS = [frozenset("ab"), frozenset("cd"), frozenset("ef")]


def speakers(places: tuple[int, ...]) -> set[str]:
    return {CLIPS[i].speaker for i in places}


def test_no_unit_sees_a_speaker_it_is_scored_on() -> None:
    units = plan(recipe("mien"), CLIPS, speaker_folds(CLIPS, FOLDS), [0, 1])
    assert len(units) == 2 * 3 * 2 * (1 + 3)  # seeds, folds, branches, outer and inner
    assert len({unit.name for unit in units}) == len(units)
    for unit in units:
        assert not speakers(unit.train) & speakers(unit.test)
        assert not speakers(unit.train) & FOLDS[unit.fold]


def test_the_inner_folds_cover_the_training_set_once() -> None:
    units = plan(recipe("is10_svm"), CLIPS, speaker_folds(CLIPS, FOLDS), [0])
    for number in range(3):
        outer = next(u for u in units if u.fold == number and u.inner == OUTER)
        inner = [u for u in units if u.fold == number and u.inner != OUTER]
        held_out = [i for u in inner for i in u.test]
        assert sorted(held_out) == sorted(outer.train)
        assert speakers(outer.test) == FOLDS[number]


def test_the_final_fit_has_no_inner_ones() -> None:
    everything = Fold(FINAL, tuple(range(len(CLIPS))), ())
    assert [u.name for u in plan(recipe("is10_svm"), CLIPS, [everything], [0])] == [
        "voice-seed0-final"
    ]


def test_an_official_split_with_a_leak_is_refused() -> None:
    clips = [Clip("1", "x", label="sad", speaker="a", split="train")]
    with pytest.raises(UsageError, match="--folds"):
        official(clips)
    clips.append(Clip("2", "y", label="sad", speaker="b", split="val"))
    assert official(clips) == [Fold(0, (0,), (1,))]
    clips.append(Clip("3", "z", label="sad", speaker="a", split="test"))
    with pytest.raises(UsageError, match=r"1 speakers are in the training and the test clips \(a"):
        official(clips)


def test_one_speaker_alone_cannot_be_learned_from() -> None:
    with pytest.raises(UsageError, match="fewer than two speakers"):
        plan(recipe("is10_svm"), CLIPS[:3], [Fold(0, (0, 1), (2,))], [0])


def test_unknown_speakers_are_held_out_by_file() -> None:
    clips = [
        Clip(
            f"{k}-{n}", f"film{k}.mp4", float(n), n + 1.0, "sad" if k % 2 else "happy", split=split
        )
        for k, split in enumerate(["train"] * 6 + ["val"])
        for n in range(2)
    ]
    (fold,) = official(clips)
    inner = [u for u in plan(recipe("is10_svm"), clips, [fold], [0]) if u.inner != OUTER]
    assert sorted(i for unit in inner for i in unit.test) == list(range(12))
    for unit in inner:
        files = [{clips[i].path for i in part} for part in (unit.train, unit.test)]
        assert not files[0] & files[1]


def test_clips_without_a_label_are_neither_learned_from_nor_reported() -> None:
    bare = [replace(c, label="") for c in CLIPS if c.id.endswith("-0")]
    rest = [c for c in CLIPS if not c.id.endswith("-0")]
    for fold in speaker_folds([*bare, *rest], FOLDS):
        assert min(fold.train + fold.test) == len(bare)
    split = [replace(c, split="val" if c.speaker == "a" else "train") for c in [*bare, *rest]]
    (fold,) = official(split)
    assert min(fold.train + fold.test) == len(bare)


@pytest.mark.parametrize("speaker", ["", "a"])
def test_clips_of_nobody_or_one_speaker_are_held_out_by_file(speaker: str) -> None:
    clips = [Clip(f"{n}", f"{n // 2}.mp4", label="sad", speaker=speaker) for n in range(8)]
    fold = Fold(0, tuple(range(8)), ())
    units = [u for u in plan(recipe("is10_svm"), clips, [fold], [0]) if u.inner != OUTER]
    assert len(units) > 1
    for unit in units:
        assert not {clips[i].path for i in unit.train} & {clips[i].path for i in unit.test}
    one_file = [Clip(f"{n}", "x.mp4", label="sad", speaker=speaker) for n in range(8)]
    with pytest.raises(UsageError, match="fewer than two speakers and are of one file"):
        plan(recipe("is10_svm"), one_file, [fold], [0])


GROUPED = tuple(
    Clip(f"{group}-{take}", f"{group}-{take}.mp4", label="sad", extra={"group": group})
    for group in ("0:00", "0:10", "0:20", "0:30")
    for take in range(3)
)


def test_groups_of_the_manifest_stand_for_speakers_that_nobody_knows() -> None:
    folds = group_folds(GROUPED, "group:2")
    assert sorted(i for fold in folds for i in fold.test) == list(range(12))
    for unit in plan(recipe("is10_svm"), GROUPED, folds, [0]):
        groups = [{GROUPED[i].extra["group"] for i in side} for side in (unit.train, unit.test)]
        assert not groups[0] & groups[1]


def test_published_sets_are_a_fold_each_in_their_order() -> None:
    folds = group_folds(GROUPED, "group")
    assert [{GROUPED[i].extra["group"] for i in fold.test} for fold in folds] == [
        {"0:00"},
        {"0:10"},
        {"0:20"},
        {"0:30"},
    ]
    unlabelled = replace(GROUPED[0], label="")
    assert 0 not in group_folds([unlabelled, *GROUPED[1:]], "group")[0].test


@pytest.mark.parametrize("how", ["group:1", "group:9", "group:x", "group:"])
def test_groups_that_cannot_be_are_refused(how: str) -> None:
    with pytest.raises(UsageError, match="from 2 to 4"):
        group_folds(GROUPED, how)


def expanded() -> Manifest:
    """Nine clips of an official split, and four pictures that expand the training set."""
    parts = ("train", "train", "train", "val", "test")
    clips = [
        Clip(f"{n}", f"{n}.avi", label="sad", speaker=f"s{n}", split=parts[n % 5])
        for n in range(10)
    ]
    pictures = [
        Clip(f"p{n}", f"{n}.png", label="sad", split="train", extra={"use": "pictures"})
        for n in range(4)
    ]
    return Manifest("both", (*clips, *pictures), EMOTIONS, Path())


@pytest.mark.parametrize("how", ["official split", "speaker:2", "group:2", "random:2"])
def test_pictures_expand_what_frame_networks_learn_from_and_nothing_else(how: str) -> None:
    manifest, one = expanded(), recipe("cnn_rnn")
    pictures = {10, 11, 12, 13}
    folds = folds_of(manifest, how)
    for unit in plan(one, manifest.clips, folds, [0]):
        assert not pictures & set(unit.test)
        assert (pictures <= set(unit.train)) == (unit.branch == "vgg")
        assert pictures.isdisjoint(unit.train) or unit.branch == "vgg"
    without = replace(manifest, clips=manifest.clips[:10])
    plain = plan(one, without.clips, folds_of(without, how), [0])
    for unit, other in zip(plan(one, manifest.clips, folds, [0]), plain, strict=True):
        assert set(unit.train) - pictures == set(other.train)


def test_train_and_val_are_learned_from_and_test_is_reported() -> None:
    (fold,) = folds_of(expanded(), TRAIN_AND_VAL)
    assert fold.test == (4, 9)
    assert set(fold.train) == set(range(10)) - {4, 9}
    assert fold.pictures == (10, 11, 12, 13)

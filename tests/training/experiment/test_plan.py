from __future__ import annotations

from dataclasses import replace

import pytest

from mien.errors import UsageError
from mien.training.experiment.plan import FINAL, OUTER, Fold, official, plan, speaker_folds
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

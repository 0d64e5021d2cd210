"""Faults planted in small tables of real media, each of which has to be found."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import mien
from mien.data.checks import Finding, check
from mien.data.datasets import corpora, fer2013
from mien.data.manifest import Manifest, read_manifest, write_manifest
from mien.labels import EMOTIONS
from mien.types import Clip
from tests.conftest import write_sound
from tests.media_maker import babble, copied_picture, film, write_babble, write_picture

Plant = Callable[[Path, Path], object]


def clip(path: str, label: str = "sad", speaker: str = "", split: str = "", **more: float) -> Clip:
    return Clip(f"{path}@{more['start']}" if more else path, path, label=label, speaker=speaker,
                split=split, **more)  # fmt: skip


def table(root: Path, *clips: Clip) -> Manifest:
    return Manifest("planted", clips, EMOTIONS, root)


def codes(found: list[Finding], level: str = "error") -> list[str]:
    return [f.code for f in found if f.level == level]


def the(found: list[Finding], code: str) -> Finding:
    (one,) = (f for f in found if f.code == code)
    return one


WHOLE = tuple(
    clip(f"{label}{k}", label, f"{split}{k}", split)
    for split in ("train", "test")
    for k, label in enumerate(EMOTIONS.names)
)


def test_a_clean_table_has_nothing(tmp_path: Path) -> None:
    whole = tuple(replace(c, id=f"{c.split}{c.id}") for c in WHOLE)
    assert check(table(tmp_path, *whole), media=False) == [
        Finding(
            "error",
            "file_leak",
            f"the file {name}{k} is on several sides: 1 in test (test{name}{k}), "
            f"1 in train (train{name}{k})",
            (f"train{name}{k}", f"test{name}{k}"),
        )
        for k, name in enumerate(EMOTIONS.names)
    ]
    apart = tuple(replace(c, id=f"{c.split}{c.id}", path=f"{c.split}/{c.path}") for c in WHOLE)
    assert check(table(tmp_path, *apart), media=False) == []


def test_a_speaker_on_both_sides(tmp_path: Path) -> None:
    clips = (
        clip("a", "sad", "anna", "train"),
        clip("b", "happy", "anna", "test"),
        clip("c", "happy", "ben", "test"),
        clip("d", "sad", "anna", "train"),
    )
    one = the(check(table(tmp_path, *clips), media=False), "speaker_leak")
    assert one.level == "error"
    assert one.clips == ("a", "b", "d")
    assert one.message == "speaker 'anna' is on several sides: 1 in test (b), 2 in train (a)"


def test_a_film_on_both_sides(tmp_path: Path) -> None:
    """A film stands where the speaker does, as in AFEW."""
    clips = (clip("1.avi", "sad", "Airheads", "train"), clip("2.avi", "happy", "Airheads", "val"))
    assert "'Airheads'" in the(check(table(tmp_path, *clips), media=False), "speaker_leak").message


def test_stretches_of_one_file_on_both_sides(tmp_path: Path) -> None:
    clips = (
        clip("film.mp4", "sad", "", "train", start=0.0, end=2.0),
        clip("film.mp4", "happy", "", "test", start=2.0, end=4.0),
    )
    one = the(check(table(tmp_path, *clips), media=False), "file_leak")
    assert "film.mp4" in one.message
    assert one.clips == ("film.mp4@0.0", "film.mp4@2.0")


def test_clips_without_a_split_leak_nothing(tmp_path: Path) -> None:
    clips = (clip("a", "sad", "anna", "train"), clip("b", "happy", "anna"))
    assert "speaker_leak" not in codes(check(table(tmp_path, *clips), media=False))


def exact(source: Path, copy: Path) -> None:
    shutil.copy(source, copy)


PLANTS: list[tuple[str, str, Callable[[Path], object], Plant, str]] = [
    ("duplicate_media", "jpg", lambda p: write_picture(p, 1), exact, "are the same file"),
    ("duplicate_media", "wav", lambda p: write_babble(p, 1), exact, "are the same file"),
    ("near_pictures", "jpg", lambda p: write_picture(p, 1), copied_picture, "look the same"),
    (
        "near_pictures",
        "mp4",
        lambda p: film(p, 1),
        lambda _, copy: film(copy, 1, size=96, crf=34),
        "look the same",
    ),
    (
        "near_sound",
        "wav",
        lambda p: write_babble(p, 1),
        lambda _, copy: write_babble(copy, 1, 0.5, "adpcm_ms"),
        "sound the same",
    ),
    (
        "near_sound",
        "mp4",
        lambda p: film(p, 1, babble(1)),
        lambda _, copy: film(copy, 2, 0.6 * babble(1)),
        "sound the same",
    ),
]
CROSSED = {
    "leak": (("sad", "anna", "train"), ("sad", "ben", "test"), "on the sides test and train"),
    "labels": (("sad", "anna", ""), ("happy", "ben", ""), "labelled happy and sad"),
    "speakers": (("sad", "anna", ""), ("sad", "ben", ""), "of the speakers anna and ben"),
}


@pytest.mark.parametrize("crossed", CROSSED)
@pytest.mark.parametrize(
    ("code", "kind", "write", "plant", "words"), PLANTS, ids=[f"{p[0]}-{p[1]}" for p in PLANTS]
)
def test_a_copy_that_crosses_is_an_error(
    tmp_path: Path,
    code: str,
    kind: str,
    write: Callable[[Path], object],
    plant: Plant,
    words: str,
    crossed: str,
) -> None:
    write(tmp_path / f"a.{kind}")
    plant(tmp_path / f"a.{kind}", tmp_path / f"b.{kind}")
    first, second, how = CROSSED[crossed]
    clips = (clip(f"a.{kind}", *first), clip(f"b.{kind}", *second))
    one = the(check(table(tmp_path, *clips)), f"{code}_{crossed}")
    assert one.level == "error"
    assert one.clips == (f"a.{kind}", f"b.{kind}")
    assert one.message == f"a.{kind} and b.{kind} {words}, {how}"


def test_others_are_no_copies(tmp_path: Path) -> None:
    """Six pictures, sounds and films of six people on two sides."""
    clips = []
    for k in range(6):
        write_picture(tmp_path / f"{k}.jpg", 20 + k)
        write_babble(tmp_path / f"{k}.wav", 20 + k)
        film(tmp_path / f"{k}.mp4", 20 + k)
        film(tmp_path / f"{k}_heard.mp4", 1, babble(30 + k))
        split = "train" if k < 3 else "test"
        names = (f"{k}.jpg", f"{k}.wav", f"{k}.mp4", f"{k}_heard.mp4")
        clips += [clip(name, EMOTIONS.names[k], f"person {k}", split) for name in names]
    found = check(table(tmp_path, *clips))
    assert [f for f in found if f.code.startswith(("duplicate", "near"))] == []


def test_takes_of_one_person_may_look_alike(tmp_path: Path) -> None:
    """One studio, one shirt; two pictures of one sequence with the expression setting in."""
    film(tmp_path / "a.mp4", 1)
    film(tmp_path / "b.mp4", 1, crf=34)
    write_picture(tmp_path / "a.jpg", 1)
    copied_picture(tmp_path / "a.jpg", tmp_path / "b.jpg")
    clips = [clip(f"a.{kind}", "sad", "anna") for kind in ("mp4", "jpg")]
    clips += [clip(f"b.{kind}", "happy", "anna") for kind in ("mp4", "jpg")]
    assert not [f for f in check(table(tmp_path, *clips)) if f.code.startswith("near")]


def test_videos_that_look_alike_but_sound_apart_are_two(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", 1, babble(1))
    film(tmp_path / "b.mp4", 1, babble(2))
    clips = (clip("a.mp4", "sad", "anna", "train"), clip("b.mp4", "sad", "ben", "test"))
    assert not [f for f in check(table(tmp_path, *clips)) if f.code.startswith("near")]


def test_copies_of_one_speaker_on_one_side_are_a_warning(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        write_babble(tmp_path / name, 1, 0.5 if name == "c.wav" else 1)
    clips = [clip(name, "sad", "anna", "train") for name in ("a.wav", "b.wav", "c.wav")]
    found = check(table(tmp_path, *clips, clip("a.wav", "happy", "anna", "train", start=1.0)))
    assert the(found, "near_sound").level == "warning"
    one = the(found, "duplicate_media_labels")
    assert one.clips == ("a.wav", "b.wav", "a.wav@1.0")
    found = check(table(tmp_path, *clips))
    assert the(found, "duplicate_media").level == "warning"


def test_missing_unreadable_and_damaged_files(tmp_path: Path) -> None:
    whole = write_babble(tmp_path / "good.wav", 1).read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.mp4").write_text("no film" * 50)
    (tmp_path / "empty.wav").touch()
    names = ("good.wav", "cut.wav", "gone.wav", "text.mp4", "empty.wav")
    found = check(table(tmp_path, *(clip(name) for name in names)))
    assert the(found, "missing_file").message == "gone.wav: is not there"
    bad = [f for f in found if f.code == "unreadable_file"]
    assert [f.clips for f in bad] == [("empty.wav",), ("text.mp4",)]
    assert "is not a video" in bad[1].message
    assert the(found, "damaged_file").clips == ("cut.wav",)
    assert the(found, "damaged_file").level == "warning"


def test_clips_without_sound_or_picture(tmp_path: Path) -> None:
    film(tmp_path / "seen.mp4", 1)
    film(tmp_path / "both.mp4", 2, babble(1))
    write_babble(tmp_path / "heard.wav", 2)
    nothing = np.zeros((1, 16_000), np.float32)
    write_sound(tmp_path / "mute.wav", nothing, 16_000, "mono", "pcm_s16le")
    names = ("seen.mp4", "both.mp4", "heard.wav", "mute.wav")
    found = check(table(tmp_path, *(clip(name) for name in names)))
    assert the(found, "no_sound").clips == ("seen.mp4", "mute.wav")
    assert the(found, "no_sound").message.startswith("2 of 4 clips have no sound, for example seen")
    assert the(found, "no_picture").clips == ("heard.wav", "mute.wav")


def test_a_corpus_of_sound_is_not_blamed_for_it(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        write_babble(tmp_path / name, ord(name[0]))
    found = check(table(tmp_path, clip("a.wav", "sad", "anna"), clip("b.wav", "happy", "ben")))
    assert {f.code for f in found} == {"missing_class"}


def test_clips_without_a_face(tmp_path: Path) -> None:
    shutil.copy(mien.sample(), tmp_path / "face.mp4")
    film(tmp_path / "none.mp4", 1)
    write_babble(tmp_path / "heard.wav", 1)
    clips = (clip("face.mp4"), clip("none.mp4", "happy"), clip("heard.wav"), clip("gone.mp4"))
    manifest = table(tmp_path, *clips)
    assert "no_face" not in {f.code for f in check(manifest)}
    one = the(check(manifest, deep=True), "no_face")
    assert (one.level, one.clips) == ("warning", ("none.mp4",))
    assert one.message == "no face is found in 1 of 2 clips with a picture, for example none.mp4"


def test_labels(tmp_path: Path) -> None:
    same = check(table(tmp_path, clip("a"), clip("b"), clip("c", "")), media=False)
    assert the(same, "one_class").message.startswith("there is one class only: sad")
    assert the(same, "no_label").clips == ("c",)
    none = check(table(tmp_path, clip("a", "")), media=False)
    assert "there is one class only: none" in the(none, "one_class").message
    missing = [f for f in same if f.code == "missing_class"]
    assert len(missing) == 6
    assert missing[0].message == "the table has no clip of 'angry'"


def test_a_class_that_a_split_lacks(tmp_path: Path) -> None:
    clips = [clip(f"{name}.wav", name, "anna", "train") for name in EMOTIONS.names]
    clips += [clip(f"{name}2.wav", name, "ben", "test") for name in EMOTIONS.names[1:]]
    (one,) = check(table(tmp_path, *clips), media=False)
    assert (one.level, one.code) == ("warning", "missing_class")
    assert one.message == "split 'test' has no clip of 'angry'"


def test_slips_in_labels(tmp_path: Path) -> None:
    """Read from a file, the first is an error at once; a table made in memory is checked too."""
    both = check(table(tmp_path, clip("a", "happy"), clip("b", "hapy")), media=False)
    assert the(both, "odd_label").level == "error"
    alone = (Clip("a", "a", label="hapy"), Clip("b", "b", label="bored"))
    path = tmp_path / "own.csv"
    path.write_text("id,path,label\na,a,hapy\nb,b,bored\n")
    found = check(read_manifest(path), media=False)
    assert the(found, "odd_label").level == "warning"
    assert "1 clips are labelled 'hapy'; did you mean 'happy'" in the(found, "odd_label").message
    assert read_manifest(path).clips == alone


def test_clips_of_nobody_known(tmp_path: Path) -> None:
    one = the(check(table(tmp_path, clip("a"), clip("b", "happy")), media=False), "no_speaker")
    assert (one.level, one.clips) == ("warning", ("a", "b"))


def test_errors_come_first_and_progress_is_told(tmp_path: Path) -> None:
    write_babble(tmp_path / "a.wav", 1)
    told: list[int] = []
    clips = (clip("a.wav"), clip("gone.wav"), clip("a.wav", "happy", start=1.0))
    found = check(table(tmp_path, *clips), progress=told.append)
    levels = [f.level for f in found]
    assert levels == sorted(levels)
    assert told == [1, 2]


@pytest.mark.data
@pytest.mark.parametrize("name", ["emodb", "ravdess", "java_sed"])
def test_real_corpora_have_no_false_errors(data: Path, tmp_path: Path, name: str) -> None:
    corpus = corpora()[name]
    root = corpus.folder(data)
    clips = [replace(c, split="") for c in corpus.find(root)]
    actors = sorted({c.speaker for c in clips})[:2] if name != "ravdess" else ["06", "07"]
    part = tuple(c for c in clips if c.speaker in actors)
    write_manifest(Manifest(name, part, EMOTIONS, root), tmp_path / "part.csv")
    found = check(read_manifest(tmp_path / "part.csv"))
    assert codes(found) == []
    twins = [f.clips for f in found if f.code.startswith(("duplicate", "near"))]
    copy = "Actor_07/03-01-03-01-02-0{}-07"
    assert twins == ([(copy.format(1), copy.format(2))] if name == "ravdess" else [])


@pytest.mark.data
def test_copies_within_fer2013(data: Path, tmp_path: Path) -> None:
    """All pictures of disgust: the groups of equal pixels are those that the check finds."""
    clips, groups = [], defaultdict(set)
    for part in fer2013.load(data / "fer2013").values():
        for name, picture in zip(part.names, part.pictures, strict=True):
            if "/disgust/" not in name:
                continue
            path = Path(name).with_suffix(".png").name
            cv2.imwrite(str(tmp_path / path), picture)
            clips.append(clip(path, "disgust", "", "train" if "Training" in name else "test"))
            groups[picture.tobytes()].add(path)
    found = check(table(tmp_path, *clips))
    told = {f.clips for f in found if f.code.startswith("duplicate_media")}
    assert {frozenset(ids) for ids in told} == {frozenset(g) for g in groups.values() if len(g) > 1}
    leaks = [f for f in found if f.code == "duplicate_media_leak"]
    assert leaks
    for leak in leaks:
        assert len({"Training" in name for name in leak.clips}) == 2

"""Corpora of clips in the wild that people use now: made-up trees with their true names."""

from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from mien.data.manifest import Manifest
from mien.labels import EMOTIONS
from mien.training.experiment.plan import folds_of
from tests.data.datasets.trees import find, grow


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def dfew(root: Path, form: str) -> Path:
    tables = {
        "parts": "EmoLabel_DataSplit/test(single-labeled)/set_{}.csv",
        "flat": "label/single_testset_{}.csv",
    }
    for number in range(1, 6):
        rows = [f"{2 * number},{number}", f"{2 * number + 1},7"]
        write(root / tables[form].format(number), "video_name,label", *rows)
    names = [f"Clip/original/part_1/{n}.mp4" for n in range(2, 11)]
    return grow(root, *(names if form == "parts" else [f"data/{n:05}.avi" for n in range(2, 11)]))


@pytest.mark.parametrize("form", ["parts", "flat"])
def test_dfew_has_its_five_published_folds(form: str, tmp_path: Path) -> None:
    found = find("dfew", dfew(tmp_path / "DFEW-part2", form))
    labels = [c.label for c in found.values()][::2]
    assert labels == ["happy", "sad", "neutral", "angry", "surprise"]
    assert all(c.label == "fear" for c in list(found.values())[1::2])
    there = [c for c in found.values() if (tmp_path / "DFEW-part2" / c.path).is_file()]
    assert len(there) == 9  # the last one is not unpacked
    manifest = Manifest("dfew", tuple(found.values()), EMOTIONS, tmp_path)
    folds = folds_of(manifest, "group")
    assert [len(fold.test) for fold in folds] == [2] * 5
    assert [{manifest.clips[i].extra["group"] for i in f.test} for f in folds] == [
        {f"set {n}"} for n in range(1, 6)
    ]


def test_mafw_has_eleven_classes_in_five_folds(tmp_path: Path) -> None:
    root = tmp_path / "MAFW"
    for number, emotion in enumerate(
        ("anger", "happiness", "contempt", "helplessness", "disappointment"), 1
    ):
        place = root / "Train & Test Set" / "single" / "no_caption" / f"set_{number}"
        write(place / "test.txt", f"0000{number}.mp4 {emotion}")
        write(place / "train.txt", "00009.mp4 fear")
    found = find("mafw", grow(root, "data/clips/00001.mp4", "data/clips/00003.mp4"))
    assert {path: (c.label, c.extra["group"]) for path, c in found.items()} == {
        "data/clips/00001.mp4": ("angry", "set 1"),
        "data/clips/00002.mp4": ("happy", "set 2"),
        "data/clips/00003.mp4": ("contempt", "set 3"),
        "data/clips/00004.mp4": ("helplessness", "set 4"),
        "data/clips/00005.mp4": ("disappointment", "set 5"),
    }


def test_ferv39k_has_a_split_scenes_and_crops(tmp_path: Path) -> None:
    root = tmp_path / "FERV39k"
    setups = root / "4_setups" / "All_scenes"
    write(setups / "train_All.csv", "Action/Sad/0010 Sad", "Interview/Happy/0227 Happy")
    write(setups / "test_All.csv", "Daily Life/Fear/0003 Fear".replace("Daily Life", "Daily"))
    grow(root, "0_7_LabelClips/Action/Sad/0010.mp4", "2_ClipsforFaceCrop/Action/Sad/0010/0.jpg")
    found = find("ferv39k", root)
    assert {path: (c.label, c.split, c.extra["scene"]) for path, c in found.items()} == {
        "0_7_LabelClips/Action/Sad/0010.mp4": ("sad", "train", "Action"),
        "0_7_LabelClips/Interview/Happy/0227.mp4": ("happy", "train", "Interview"),
        "0_7_LabelClips/Daily/Fear/0003.mp4": ("fear", "test", "Daily"),
    }
    first = found["0_7_LabelClips/Action/Sad/0010.mp4"]
    assert first.extra["faces"] == "2_ClipsforFaceCrop/Action/Sad/0010"


def test_mer2023_and_mer2024(tmp_path: Path) -> None:
    old, new = tmp_path / "mer2023-dataset", tmp_path / "mer2024-dataset"
    write(old / "train-label.csv", "name,discrete,valence", "sample_00000001,worried,-1.5")
    grow(old, "train/sample_00000001.avi", "test1/sample_00000002.avi", "test3/sample_00000003.avi")
    assert {path: (c.label, c.split, c.extra["part"]) for path, c in find("mer", old).items()} == {
        "train/sample_00000001.avi": ("worried", "train", "train"),
        "test1/sample_00000002.avi": ("", "test", "test1"),
        "test3/sample_00000003.avi": ("", "test", "test3"),
    }
    write(new / "label-disdim.csv", "name,discrete,valence", "samplenew_00000001,happy,2")
    grow(new, "video-labeled/samplenew_00000001.mp4")
    grow(new, "video-unlabeled-with-test2noise/samplenew3_00000002.mp4")
    assert {path: (c.label, c.extra["part"]) for path, c in find("mer", new).items()} == {
        "video-labeled/samplenew_00000001.mp4": ("happy", "train"),
        "video-unlabeled-with-test2noise/samplenew3_00000002.mp4": ("", "unlabelled"),
    }


def test_an_emotion_that_is_none_is_one_line(tmp_path: Path) -> None:
    write(tmp_path / "train-label.csv", "name,discrete", "a,worryed")
    with pytest.raises(UsageError, match="did you mean 'worried'"):
        find("mer", tmp_path)

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mien import UsageError
from mien.data.datasets import corpora
from mien.data.datasets.ferplus import find, unpack
from tests.data.datasets.test_fer2013 import table
from tests.data.datasets.trees import grow

NAMES = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
HAPPY, TIE, CONTEMPT = "1,8,0,0,0,0,0,0,1,0", "5,5,0,0,0,0,0,0,0,0", "0,0,0,0,0,0,0,9,1,0"


def test_rows_of_the_original_table(tmp_path: Path) -> None:
    (tmp_path / "fer2013.csv").write_text(table())
    rows = [f"{use},,{v}" for use, v in zip("abc", (HAPPY, TIE, CONTEMPT), strict=True)]
    (tmp_path / "fer2013new.csv").write_text("\n".join([f"Usage,Image name,{NAMES}", *rows]) + "\n")
    assert corpora()["ferplus"].folder(tmp_path) == tmp_path
    (only,) = find(unpack(tmp_path, tmp_path / "out"))
    assert (only.label, only.split, only.extra["vote_happy"]) == ("happy", "train", "8")
    assert only.path == "train/angry/Training_row00000.png"
    assert "vote_unknown" not in only.extra


def test_the_join_to_the_kaggle_names(tmp_path: Path) -> None:
    names = ("train/sad/Training_1.jpg", "test/fear/PrivateTest_2.jpg", "train/sad/Training_3.jpg")
    root = grow(tmp_path, *names)
    votes = dict(zip(names, (HAPPY, TIE, HAPPY), strict=True))
    rows = [f"{name},{votes[name]}" for name in (*names, names[2])]  # the last one twice
    with gzip.open(root / "ferplus_to_kaggle.csv.gz", "wt") as stream:
        stream.write("\n".join([f"kaggle_jpg,{NAMES}", *rows]) + "\n")
    (only,) = find(unpack(root, tmp_path / "out"))
    assert (only.path, only.label) == (names[0], "happy")


def test_tables_that_are_wrong(tmp_path: Path) -> None:
    grow(tmp_path, "train/sad/Training_1.jpg")
    with pytest.raises(UsageError, match=r"no pictures that fer2013new.csv or"):
        find(tmp_path)
    (tmp_path / "fer2013new.csv").write_text("Usage,neutral\nTraining,3\n")
    with pytest.raises(UsageError, match="needs numbers in the columns neutral, happiness"):
        find(tmp_path)

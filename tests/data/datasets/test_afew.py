from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from tests.data.datasets.trees import find, grow

CLIPS = (
    "Train_AFEW/Angry/000046280.avi",
    "Train_AFEW/Surprise/Airheads_000519240.avi",
    "Train_AFEW/AlignedFaces_LBPTOP_Points/AlignedFaces_LBPTOP_Points/Faces/000046280/0001.jpg",
    "Train_AFEW/LBPTOP/Angry.avi",
    "Val_AFEW/Happy/000149120.avi",
    "Val_AFEW/AlignedFaces_LBPTOP_Points_Val/Faces/000149120/0001.jpg",
    "Test_AFEW/000301040.avi",
)


def test_the_official_folders(tmp_path: Path) -> None:
    found = find("afew", grow(tmp_path / "data" / "AFEW", *CLIPS).parent)
    assert {path: (c.label, c.split, c.speaker) for path, c in found.items()} == {
        CLIPS[0]: ("angry", "train", ""),
        CLIPS[1]: ("surprise", "train", "Airheads"),
        CLIPS[4]: ("happy", "val", ""),
        CLIPS[6]: ("", "test", ""),
    }
    assert found[CLIPS[0]].extra["faces"] == str(Path(CLIPS[2]).parent)
    assert found[CLIPS[4]].extra["faces"] == str(Path(CLIPS[5]).parent)
    assert found[CLIPS[1]].extra["faces"] == ""
    scenes = [found[CLIPS[k]].extra["group"] for k in (0, 1, 4, 6)]
    assert scenes == ["0:00", "0:00", "0:00", "0:00"]


def test_short_names_of_the_folders(tmp_path: Path) -> None:
    root = grow(tmp_path, "Train/Angry/000046280.avi", "Val/Neutral/1.avi", "Test/2.avi")
    splits = [(c.split, c.label) for c in find("afew", root).values()]
    assert splits == [("train", "angry"), ("val", "neutral"), ("test", "")]


def test_films_from_a_table(tmp_path: Path) -> None:
    root = grow(tmp_path, *CLIPS)
    (root / "films.csv").write_text("clip,film\n000046280,Saw\n000301040,Juno\n")
    found = find("afew", root)
    films = [found[CLIPS[k]].speaker for k in (0, 1, 4, 6)]
    assert films == ["Saw", "Airheads", "", "Juno"]
    (root / "films.csv").write_text("name,film\n000046280,Saw\n")
    with pytest.raises(UsageError, match=r"films.csv: no column clip"):
        find("afew", root)


@pytest.mark.parametrize(
    ("name", "scene"), [("013736360", "1:30"), ("020913240", "2:00"), ("000552400", "0:00")]
)
def test_the_digits_are_a_time(name: str, scene: str, tmp_path: Path) -> None:
    found = find("afew", grow(tmp_path, f"Train_AFEW/Angry/{name}.avi"))
    assert [c.extra["group"] for c in found.values()] == [scene]


def test_digits_that_are_no_time_make_no_group(tmp_path: Path) -> None:
    found = find("afew", grow(tmp_path, "Train_AFEW/Angry/008836360.avi", "Train_AFEW/Sad/7.avi"))
    assert {c.extra["group"] for c in found.values()} == {""}

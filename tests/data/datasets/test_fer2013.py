from __future__ import annotations

import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien import UsageError
from mien.data.datasets import corpora
from mien.data.datasets.fer2013 import find, unpack
from mien.errors import OutputError
from tests.data.datasets.trees import grow
from tests.media_maker import write_picture

KAGGLE = (
    "train/angry/Training_3908.jpg",
    "test/happy/PublicTest_77.jpg",
    "test/neutral/PrivateTest_10131363.jpg",
)
SPLITS = [("angry", "train"), ("happy", "val"), ("neutral", "test")]


def table(head: str = "emotion,pixels,Usage", numbers: str = "036") -> str:
    rows = [head]
    for number, split in zip(numbers, ("Training", "PublicTest", "PrivateTest"), strict=True):
        pixels = " ".join(str((k + int(number)) % 256) for k in range(48 * 48))
        cells = {"emotion": number, "pixels": pixels, "Usage": split}
        rows.append(",".join(cells[name.strip()] for name in head.split(",")))
    return "\n".join(rows) + "\n"


def labels(root: Path) -> list[tuple[str, str]]:
    return sorted((c.label, c.split) for c in find(root))


def test_the_kaggle_folders_stay_where_they_are(tmp_path: Path) -> None:
    root = grow(tmp_path / "fer2013", *KAGGLE, "test/happy/other.jpg")
    assert corpora()["fer2013"].folder(tmp_path) == root
    assert unpack(root, tmp_path / "out") == root
    assert labels(root) == SPLITS
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["fer2013.tar.xz", "fer2013.tar.gz", "fer2013.tar"])
def test_a_tar_of_the_folders(tmp_path: Path, name: str) -> None:
    for path in KAGGLE:
        write_picture(tmp_path / "fer" / path, 1)
    mode = {"xz": "w:xz", "gz": "w:gz", "tar": "w:"}[name.rsplit(".", 1)[-1]]
    with tarfile.open(tmp_path / name, mode) as tar:  # type: ignore[call-overload]
        tar.add(tmp_path / "fer", "fer2013")
    folder = unpack(corpora()["fer2013"].folder(tmp_path), tmp_path / "out")
    assert folder == tmp_path / "out"
    assert labels(folder) == SPLITS


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("fer2013.csv", "emotion,pixels,Usage"),
        ("icml_face_data.csv", "emotion, Usage, pixels"),
    ],
)
def test_the_original_table(tmp_path: Path, name: str, head: str) -> None:
    (tmp_path / name).write_text(table(head))
    folder = unpack(tmp_path, tmp_path / "out")
    assert labels(folder) == SPLITS
    first = cv2.imread(str(folder / "train/angry/Training_row00000.png"), cv2.IMREAD_GRAYSCALE)
    assert first is not None
    assert (first.ravel() == np.arange(48 * 48) % 256).all()
    assert [c.extra["row"] for c in find(folder)] == ["1", "2", "0"]


def test_a_tar_of_the_original_table(tmp_path: Path) -> None:
    grow(tmp_path, "fer2013.csv", text=table())
    archive = grow(tmp_path / "in", "fer2013.tar.gz") / "fer2013.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "fer2013.csv", "fer2013/fer2013.csv")
    assert labels(unpack(tmp_path / "in", tmp_path / "out")) == SPLITS


@pytest.mark.parametrize("name", ["../other.csv", "/tmp/other.csv"])
def test_a_tar_that_would_write_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    grow(tmp_path, "fer2013.csv", text=table())
    archive = grow(tmp_path / "in", "fer2013.tar.gz") / "fer2013.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        member = tar.gettarinfo(tmp_path / "fer2013.csv")
        member.name = name
        with (tmp_path / "fer2013.csv").open("rb") as content:
            tar.addfile(member, content)
    with pytest.raises(UsageError, match=r"other\.csv' lies outside"):
        unpack(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "other.csv").exists()


def test_the_numbers_of_the_original(tmp_path: Path) -> None:
    """Its order is not the order of the seven here: neutral is the last, sad the fifth."""
    (tmp_path / "fer2013.csv").write_text(table(numbers="456"))
    found = labels(unpack(tmp_path, tmp_path / "out"))
    assert found == [("neutral", "test"), ("sad", "train"), ("surprise", "val")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n0,", "\n7,"),
        ("\n0,", "\n-1,"),
        ("\n0,", "\nangry,"),
        ("\n0,0 ", "\n0,"),
        ("\n0,0 ", "\n0,300 "),
        ("\n0,0 ", "\n0,-1 "),
        (",Training", ",Validation"),
        (",Training", ""),
    ],
)
def test_rows_that_are_wrong(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "fer2013.csv").write_text(table().replace(old, new, 1))
    with pytest.raises(UsageError, match=r"fer2013.csv: row 1 is not emotion 0..6, 48x48 pixels"):
        unpack(tmp_path, tmp_path / "out")


def test_archives_and_places_that_are_wrong(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none of fer2013.tar.xz, .* and no train/"):
        unpack(tmp_path, tmp_path / "out")
    (tmp_path / "fer2013.tar.xz").write_bytes(b"no archive" * 100)
    with pytest.raises(UsageError, match=r"fer2013.tar.xz: cannot be unpacked"):
        unpack(tmp_path, tmp_path / "out")
    (tmp_path / "fer2013.csv").write_text(table())
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        unpack(tmp_path, tmp_path / "file" / "out")

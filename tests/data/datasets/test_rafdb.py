from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from tests.data.datasets.trees import find, grow

TABLE = "train_00001.jpg 5\ntest_0001.jpg 1\n"


def test_list_and_pictures(tmp_path: Path) -> None:
    root = grow(tmp_path / "RAF-DB" / "basic", "EmoLabel/list_patition_label.txt", text=TABLE)
    grow(root, "Image/aligned/train_00001_aligned.jpg", "Image/aligned/test_0001_aligned.jpg")
    found = find("rafdb", root.parent.parent)
    assert {path: (c.label, c.split) for path, c in found.items()} == {
        "basic/Image/aligned/train_00001_aligned.jpg": ("sad", "train"),
        "basic/Image/aligned/test_0001_aligned.jpg": ("surprise", "test"),
    }


def test_originals_where_nothing_is_aligned(tmp_path: Path) -> None:
    root = grow(tmp_path, "EmoLabel/list_patition_label.txt", text=TABLE)
    grow(root, "Image/original/train_00001.jpg")
    assert "Image/original/train_00001.jpg" in find("rafdb", root)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train_00001.jpg 8", "unknown emotion '8'"),
        ("train_00001.jpg", "unknown emotion ''"),
        ("0001.jpg 3", "begins with neither train_ nor test_"),
        ("", "no lines like"),
    ],
)
def test_lists_of_another_kind(tmp_path: Path, line: str, said: str) -> None:
    root = grow(tmp_path, "EmoLabel/list_patition_label.txt", text=line)
    with pytest.raises(UsageError, match=said):
        find("rafdb", root)

from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from tests.data.datasets.trees import find, grow


def test_a_folder_a_class(tmp_path: Path) -> None:
    names = ("Calm/1.mp4", "tense/2.wav", "tense/3.jpg", "stray.mp4", "calm/notes.txt", ".x/4.mp4")
    found = find("folders", grow(tmp_path, *names))
    assert {path: c.label for path, c in found.items()} == {
        "Calm/1.mp4": "calm",
        "tense/2.wav": "tense",
        "tense/3.jpg": "tense",
    }


def test_splits_and_speakers(tmp_path: Path) -> None:
    names = ("Train/calm/anna/1.mp4", "test/calm/ben/1.mp4", "val/tense/2.mp4")
    found = find("folders", grow(tmp_path, *names))
    assert {path: (c.label, c.split, c.speaker) for path, c in found.items()} == {
        names[0]: ("calm", "train", "anna"),
        names[1]: ("calm", "test", "ben"),
        names[2]: ("tense", "val", ""),
    }


def test_files_that_differ_in_their_suffix_keep_apart(tmp_path: Path) -> None:
    found = find("folders", grow(tmp_path, "calm/1.mp4", "calm/1.wav", "calm/2.wav"))
    assert [c.id for c in found.values()] == ["calm/1.mp4", "calm/1.wav", "calm/2"]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        find("folders", tmp_path / "gone")
    with pytest.raises(UsageError, match="does not look like a folder with one folder a class"):
        find("folders", tmp_path)
    with pytest.raises(UsageError, match=r"no clips like ROOT/happy/1.mp4 found"):
        find("folders", grow(tmp_path, "calm/notes.txt"))

from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from tests.data.datasets.trees import find, grow


def sequence(root: Path, take: str, frames: int, note: str = "") -> None:
    subject, number = take.split("/")
    name = f"{subject}_{number}"
    grow(root, *(f"cohn-kanade-images/{take}/{name}_{k + 1:08}.png" for k in range(frames)))
    if note:
        grow(root, f"Emotion/{take}/{name}_{frames:08}_emotion.txt", text=note)


def test_peaks_and_the_neutral_start(tmp_path: Path) -> None:
    sequence(tmp_path, "S005/001", 6, "   3.0000000e+00\n")
    sequence(tmp_path, "S010/002", 5, "   2.0000000e+00\n")  # contempt
    sequence(tmp_path, "S010/003", 5)
    found = find("ckplus", tmp_path)
    head = "cohn-kanade-images/S005/001/S005_001_0000000"
    assert {path: (c.label, c.speaker, c.extra["sequence"]) for path, c in found.items()} == {
        f"{head}1.png": ("neutral", "S005", "S005-001"),
        f"{head}4.png": ("disgust", "S005", "S005-001"),
        f"{head}5.png": ("disgust", "S005", "S005-001"),
        f"{head}6.png": ("disgust", "S005", "S005-001"),
    }


@pytest.mark.parametrize("note", ["happy", "inf", "nan"])
def test_notes_that_are_no_number(tmp_path: Path, note: str) -> None:
    sequence(tmp_path, "S005/001", 6, note)
    with pytest.raises(UsageError, match=r"_emotion.txt: does not hold a number"):
        find("ckplus", tmp_path)

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.datasets.trees import find, grow


def test_video_and_sound(tmp_path: Path) -> None:
    names = ("video/06-03-05_01.mp4", "audio/01-03-02_02.wav", "audio/readme-01-02_a.wav")
    found = find("java_sed", grow(tmp_path, *names))
    about = {path: (c.label, c.speaker, *c.extra.values()) for path, c in found.items()}
    assert about == {
        names[0]: ("fear", "06", "audio-video", "male"),
        names[1]: ("sad", "01", "audio", "female"),
    }


@pytest.mark.data
def test_both_kinds_are_there(data: Path) -> None:
    found = find("java_sed", data).values()
    assert Counter(c.extra["modality"] for c in found) == {"audio": 192, "audio-video": 192}
    assert set(Counter(c.label for c in found).values()) == {64}

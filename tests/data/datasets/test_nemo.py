from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.data.datasets.trees import find, grow


@pytest.mark.parametrize("folder", ["samples/", ""])
def test_names_carry_speaker_emotion_and_sentence(tmp_path: Path, folder: str) -> None:
    names = (f"{folder}EB0_anger_1.wav", f"{folder}WR0_surprised_64.ogg", f"{folder}EB0_joy_2.wav")
    found = find("nemo", grow(tmp_path, *names, "data.tsv", "other_anger_1.wav"))
    assert {path: (c.label, c.speaker, *c.extra.values()) for path, c in found.items()} == {
        names[0]: ("angry", "EB0", "female", "1"),
        names[1]: ("surprise", "WR0", "male", "64"),
    }


@pytest.mark.data
def test_what_is_at_hand(data: Path) -> None:
    found = find("nemo", data / "nemo").values()
    assert Counter(c.label for c in found) == {
        "angry": 450,
        "fear": 442,
        "happy": 452,
        "neutral": 485,
        "sad": 462,
        "surprise": 397,
    }  # 2,688 of 4,481
    assert len({c.speaker for c in found}) == 9
    assert len({c.speaker for c in found if c.extra["sex"] == "female"}) == 4

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.data.datasets.trees import find, grow


def test_names_carry_emotion_sex_and_speaker(tmp_path: Path) -> None:
    """The letter in either case; the folder of the emotion is not needed."""
    names = ("5angry/a5-01-02-01-07.wav", "S4-04-02-01-29.ogg", "n1-07-01-02-65.ogg")
    found = find("ased", grow(tmp_path, *names, "x5-01-01-01-07.wav", "a5-01-01-07.wav"))
    about = {path: (c.label, c.speaker, c.extra["sex"]) for path, c in found.items()}
    assert about == {
        names[0]: ("angry", "07", "female"),
        names[1]: ("sad", "29", "female"),
        names[2]: ("neutral", "65", "male"),
    }
    assert found[names[0]].extra["sentence"] == "01"
    assert found[names[0]].extra["repetition"] == "02"


def test_a_name_that_says_the_other_sex_is_outvoted(tmp_path: Path) -> None:
    """Speaker 09 is a woman in fifteen of sixteen names."""
    found = find("ased", grow(tmp_path, "s4-01-02-02-09.ogg"))
    assert found["s4-01-02-02-09.ogg"].extra["sex"] == "female"


@pytest.mark.data
def test_all_of_it_is_at_hand(data: Path) -> None:
    found = find("ased", data / "ased").values()
    assert Counter(c.label for c in found) == {
        "neutral": 522,
        "fear": 510,
        "happy": 486,
        "sad": 470,
        "angry": 486,
    }
    assert len({c.speaker for c in found}) == 65
    assert len({c.speaker for c in found if c.extra["sex"] == "female"}) == 25

from __future__ import annotations

from pathlib import Path

from tests.data.datasets.trees import find, grow


def test_names_carry_speaker_and_emotion(tmp_path: Path) -> None:
    names = ("wav/03a01Fa.wav", "wav/08b09Wb.wav", "wav/16a02Lb.wav", "wav/other.wav")
    found = find("emodb", grow(tmp_path, *names))
    assert {path: (c.label, c.speaker, c.extra["sex"]) for path, c in found.items()} == {
        "wav/03a01Fa.wav": ("happy", "03", "male"),
        "wav/08b09Wb.wav": ("angry", "08", "female"),
    }

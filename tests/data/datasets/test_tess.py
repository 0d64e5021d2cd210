from __future__ import annotations

from pathlib import Path

from tests.data.datasets.trees import find, grow

HEAD = "TESS Toronto emotional speech set data"


def test_names_carry_all(tmp_path: Path) -> None:
    names = (
        f"{HEAD}/OAF_Pleasant_surprise/OAF_back_ps.wav",
        f"{HEAD}/OAF_neutral/OA_bite_neutral.wav",
        f"{HEAD}/YAF_fear/YAF_back_fear.wav",
    )
    grow(tmp_path, *names, *(f"{HEAD}/{name}" for name in names))
    found = find("tess", tmp_path)
    assert {(Path(path).name, c.label, c.speaker) for path, c in found.items()} == {
        ("OAF_back_ps.wav", "surprise", "OAF"),
        ("OA_bite_neutral.wav", "neutral", "OAF"),
        ("YAF_back_fear.wav", "fear", "YAF"),
    }
    assert len(found) == 3

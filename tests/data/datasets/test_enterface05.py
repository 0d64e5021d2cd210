from __future__ import annotations

from pathlib import Path

from tests.data.datasets.trees import find, grow


def test_folders_carry_all(tmp_path: Path) -> None:
    names = (
        "enterface database/subject 1/anger/sentence 1/s1_an_1.avi",
        "enterface database/subject 6/happiness/s6_ha_1.avi",
        "enterface database/subject 44/sadness/sentence 5/s44_sa_5.avi",
        "enterface database/extra/anger/s1_an_1.avi",
    )
    found = find("enterface05", grow(tmp_path, *names))
    assert [(c.label, c.speaker) for c in found.values()] == [
        ("angry", "1"),
        ("sad", "44"),
        ("happy", "6"),
    ]

from __future__ import annotations

from pathlib import Path

from tests.data.datasets.trees import find, grow


def test_whole_and_aligned_stills(tmp_path: Path) -> None:
    names = (
        "Train/Angry/Airheads_000519240_00000005.png",
        "Train/Train_Aligned_Faces/Angry/Airheads_000519240_00000005.png",
        "Val/Surprise/21_Jump_Street_000149120_00000011.png",
        "Test/000301040.png",
        "Train/readme.png",
    )
    found = find("sfew", grow(tmp_path / "SFEW 2", *names).parent)
    assert {path: (c.label, c.split, c.speaker, c.extra["kind"]) for path, c in found.items()} == {
        names[0]: ("angry", "train", "Airheads", "whole"),
        names[1]: ("angry", "train", "Airheads", "aligned"),
        names[2]: ("surprise", "val", "21_Jump_Street", "whole"),
        names[3]: ("", "test", "", "whole"),
    }

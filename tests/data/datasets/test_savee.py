from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.datasets.trees import find, grow


@pytest.mark.parametrize(
    "names",
    [
        ("AudioData/DC/sa01.wav", "AudioData/KL/a15.wav", "AudioData/KL/Info.txt"),
        ("AudioVisualClip/DC/sa1.avi", "AudioVisualClip/DC/sa01.avi", "AudioVisualClip/KL/a15.avi"),
        ("ALL/DC_sa01.wav", "ALL/KL_a15.wav", "ALL/XX_a15.wav"),
    ],
)
def test_each_way_it_is_given_out(tmp_path: Path, names: tuple[str, ...]) -> None:
    found = find("savee", grow(tmp_path, *names))
    assert [(c.label, c.speaker) for c in found.values()] == [("sad", "DC"), ("angry", "KL")]

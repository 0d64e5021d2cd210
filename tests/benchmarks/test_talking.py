"""Clips for benchmarks: of the people, size, length and camera that are asked for."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import pytest

import mien


@pytest.mark.parametrize(("name", "codec", "fps"), [("FILM", "h264", 25), ("PHONE", "hevc", 30)])
def test_a_clip_is_as_it_was_asked_for(tmp_path: Path, name: str, codec: str, fps: int) -> None:
    import talking

    kind = talking.Kind(320, 180, camera=getattr(talking, name))
    path = talking.talking_clip(tmp_path / "clip.mp4", kind, 2.0, None)
    facts = talking.facts(path)
    assert (facts["codec"], facts["width"], facts["height"]) == (codec, 320, 180)
    assert facts["fps"] == fps
    assert facts["seconds"] == pytest.approx(2.0, abs=0.1)
    with av.open(str(path)) as given:
        shown = [packet.pts for packet in given.demux(video=0) if packet.pts is not None]
    reordered = any(first > second for first, second in pairwise(shown))
    assert reordered == (name == "FILM")  # B-pictures come after what they are made from


def test_two_people_are_two_faces_and_a_repeated_clip_is_long(tmp_path: Path) -> None:
    import talking

    kind = talking.Kind(640, 360, 2)
    path = talking.talking_long(tmp_path / "clip.mp4", kind, 5.0, 2.0, None)
    answer = mien.analyze(path)
    assert 4.5 < answer.source["duration"] < 5.2
    assert len(answer.people) == 2


def test_a_folder_without_the_corpus_is_told(tmp_path: Path) -> None:
    import talking

    with pytest.raises(SystemExit, match="is it the folder of Java-SED"):
        talking.talking_clip(tmp_path / "clip.mp4", talking.Kind(320, 180), 1.0, tmp_path)

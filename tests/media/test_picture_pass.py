from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mien
from mien.media import open_media
from mien.media.picture_pass import PicturePass
from tests.conftest import numbered, tone, write_clip, write_sound

FPS = 4.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """18 s at 10 pictures a second; a key frame every 2.4 s, B-frames between."""
    path = tmp_path_factory.mktemp("pictures") / "clip.mp4"
    times = [k / 10 for k in range(180)]
    return write_clip(path, numbered(180), times, options={"g": "24", "bf": "2"})


def between(path: Path, start: float, end: float) -> list[tuple[float, int]]:
    """Time and mean grey of each picture."""
    with path.open("rb") as stream:
        reading = PicturePass(stream, str(path), start, end, FPS, 1920)
        return [
            (float(time), round(float(np.mean(frame))))
            for chunk in reading.chunks()
            for time, frame in zip(chunk.times, chunk.frames, strict=True)
        ]


@pytest.mark.parametrize(("start", "end"), [(0, 4), (4, 10), (7.5, 12), (12, np.inf)])
def test_pictures_of_a_stretch_are_those_of_the_whole(clip: Path, start: float, end: float) -> None:
    with open_media(clip, fps=FPS) as media:
        whole = [
            (float(time), round(float(np.mean(frame))))
            for chunk in media.chunks()
            for time, frame in zip(chunk.times, chunk.frames, strict=True)
        ]
    wanted = [(time, grey) for time, grey in whole if start <= time < end]
    assert len(wanted) > 10
    assert between(clip, start, end) == wanted


def test_chunks_end_at_two_seconds_and_the_end_is_told(clip: Path) -> None:
    with clip.open("rb") as stream:
        reading = PicturePass(stream, str(clip), 3, np.inf, FPS, 1920)
        cells = [{int(time // 2) for time in chunk.times} for chunk in reading.chunks()]
    assert all(len(cell) == 1 for cell in cells)
    assert [cell.pop() for cell in cells] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert reading.seen == pytest.approx(18, abs=0.11)


def test_a_file_without_pictures_is_refused(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", tone(1), 16_000, "mono", "pcm_s16le")
    with pytest.raises(mien.MediaError, match="no picture"):
        between(path, 0, 1)

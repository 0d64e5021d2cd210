from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import mien
from mien.errors import MediaError
from mien.media import open_media
from mien.media.sound_pass import sound_pass
from tests.conftest import numbered, tone, write_clip


def heard(path: Path) -> NDArray[np.float32]:
    return np.concatenate([np.zeros(0, np.float32), *sound_pass(path)])


def test_it_is_the_sound_that_is_analysed() -> None:
    with open_media(mien.sample()) as media:
        whole = np.concatenate([chunk.sound for chunk in media.chunks()])
    assert np.array_equal(heard(mien.sample()), whole)


def test_a_later_beginning_is_silence(tmp_path: Path) -> None:
    times = [k / 25 for k in range(50)]
    path = write_clip(tmp_path / "a.mkv", numbered(50), times, sound=tone(1), sound_start=0.5)
    sound = np.abs(heard(path))
    assert not sound[:6000].any()
    assert sound[8400:20000].max() > 0.3
    assert len(sound) == pytest.approx(24_000, abs=2100)


def test_without_sound_there_is_nothing(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(3), [0, 0.04, 0.08])
    assert not len(heard(path))


def test_what_breaks_off_is_heard_up_to_there(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.ts", numbered(50), [k / 25 for k in range(50)], sound=tone(2))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 1000 < len(heard(path)) < 31_000


def test_what_is_no_media_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"#EXTM3U\n/etc/passwd")
    with pytest.raises(MediaError, match="playlist"):
        list(sound_pass(path))

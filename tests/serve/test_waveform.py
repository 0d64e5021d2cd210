from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien.serve.waveform import peaks, write_waveform
from tests.conftest import numbered, write_clip, write_sound


def test_each_hundredth_of_a_second_has_its_lowest_and_highest(tmp_path: Path) -> None:
    sound = np.zeros((1, 16_000 + 80), np.float32)
    sound[0, 0], sound[0, 159], sound[0, 160], sound[0, -1] = 0.5, -0.25, 0.75, -1
    path = write_sound(tmp_path / "a.wav", sound, 16_000, "mono", "pcm_s16le")
    low, high = peaks(path)
    assert len(low) == len(high) == 101
    assert low[[0, 1, 2, 100]] == pytest.approx([-0.25, 0, 0, -1], abs=1e-4)
    assert high[[0, 1, 2, 100]] == pytest.approx([0.5, 0.75, 0, 0], abs=1e-4)


def test_the_file(tmp_path: Path) -> None:
    sound = np.full((1, 400), 0.123, np.float32)
    path = write_sound(tmp_path / "a.wav", sound, 16_000, "mono", "pcm_s16le")
    write_waveform(path, tmp_path / "a.json")
    written = json.loads((tmp_path / "a.json").read_text())
    assert written == {"rate": 100, "min": [0.12] * 3, "max": [0.12] * 3}


def test_without_sound_it_is_empty(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(3), [0, 0.04, 0.08])
    write_waveform(path, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == {"rate": 100, "min": [], "max": []}

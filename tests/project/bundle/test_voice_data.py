"""Recordings as the voice training sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import mien
from mien.core.runtime import session
from mien.data.datasets.speech_corpora import Utterance
from mien.features.voice_windows import KINDS, windows_of
from mien.media import RATE, read_sound
from project.bundle.voice import write_front
from project.bundle.voice_data import (
    ALTERATIONS,
    COPIES,
    KIND,
    Sounds,
    mean_state,
    prepare,
    prepare_all,
)
from tests.conftest import tone, write_sound

SIZE = 1024


@pytest.fixture(scope="module")
def front(pretrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("front") / "front.onnx"
    write_front(pretrained / "whisper_front.npz", path)
    return path


@pytest.fixture(scope="module")
def utterance(tmp_path_factory: pytest.TempPathFactory) -> Utterance:
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    write_sound(path, read_sound(mien.sample())[None, : 3 * RATE], RATE, "mono", "pcm_s16le")
    return Utterance("video/a-b", path, "happy", "01", "java_sed")


@pytest.fixture(scope="module")
def kept(
    front: Path, utterance: Utterance, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Sounds]:
    folder = tmp_path_factory.mktemp("sounds")
    (found,) = prepare_all([utterance], front, folder, 1, "java_sed")
    return folder, found


def test_a_recording_is_heard_in_versions(kept: tuple[Path, Sounds], front: Path) -> None:
    _, found = kept
    assert found.states.shape == (1 + COPIES, SIZE)
    assert np.isfinite(found.states).all()
    assert set(found.altered) == set(ALTERATIONS)
    every = np.stack([*found.states, *found.altered.values()])
    assert len(np.unique(every[:, 0])) == len(every)
    plain = mean_state(read_sound(found.utterance.path), front)
    np.testing.assert_array_equal(found.states[0], plain)


def test_what_was_read_once_is_kept(kept: tuple[Path, Sounds], front: Path) -> None:
    folder, found = kept
    (path,) = folder.rglob("*.npz")
    before = path.stat().st_mtime_ns
    (again,) = prepare_all([found.utterance], front, folder, 1, "java_sed")
    assert path.stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.states, found.states)
    assert set(again.altered) == set(found.altered)


def test_a_recording_is_altered_alike_each_time(kept: tuple[Path, Sounds], front: Path) -> None:
    _, found = kept
    again = prepare(found.utterance, front, with_altered=False)
    np.testing.assert_array_equal(again.states, found.states)
    assert again.altered == {}


def test_the_mean_is_over_the_speech_alone(front: Path) -> None:
    """By the states of each stretch of 4 s; silence between two words counts for nothing."""
    speech = read_sound(mien.sample())[: 2 * RATE]
    sound = np.concatenate([speech, np.zeros(6 * RATE, np.float32), speech])
    states, run = [], session(front, 1)
    for window in windows_of(sound, KIND):
        (rows,) = run.run(["embedding"], {"mel": window.values[None]})
        middles = (np.arange(len(rows)) + 0.5) * KINDS[KIND].row * RATE / 512
        states += [row for row, at in zip(rows, middles, strict=True) if window.speech[int(at)]]
    assert 0 < len(states) < 200  # of 500 in all
    np.testing.assert_allclose(mean_state(sound, front), np.mean(states, axis=0), atol=1e-4)


def test_a_sound_without_speech_has_no_state(front: Path) -> None:
    for sound in (np.zeros(2 * RATE, np.float32), tone(2)[0], np.zeros(10, np.float32)):
        state = mean_state(sound, front)
        assert state.shape == (SIZE,)
        assert np.isnan(state).all()

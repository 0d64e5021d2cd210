from __future__ import annotations

import numpy as np
import pytest

import mien
from mien.features.log_mel import BANDS, RATE, log_mel
from mien.features.speech import SpeechDetector
from mien.features.speech_functionals import SIZE
from mien.features.voice_windows import KINDS, VoiceWindows, windows_of
from mien.media import read_sound


@pytest.fixture(scope="module")
def spoken() -> np.ndarray:
    return read_sound(mien.sample())


def test_the_shape_and_scale_of_a_window() -> None:
    noise = np.random.default_rng(0).normal(size=2 * RATE).astype(np.float32)
    mel = log_mel(noise)
    assert mel.shape == (198, BANDS)
    assert mel.dtype == np.float32
    assert mel.mean() == pytest.approx(0, abs=1e-4)
    assert mel.std() == pytest.approx(1, abs=0.01)


def test_the_level_changes_nothing(spoken: np.ndarray) -> None:
    window = spoken[RATE : 3 * RATE]
    np.testing.assert_allclose(log_mel(window), log_mel(window * 0.01), atol=2e-2)


def test_silence_is_finite() -> None:
    assert np.isfinite(log_mel(np.zeros(2 * RATE, np.float32))).all()


@pytest.mark.parametrize("frequency", [200.0, 1000.0, 4000.0])
def test_a_tone_is_loudest_in_the_band_of_its_frequency(frequency: float) -> None:
    at = np.arange(RATE) / RATE
    mel = log_mel(np.sin(2 * np.pi * frequency * at).astype(np.float32))
    to_mel = lambda f: 2595 * np.log10(1 + f / 700)  # noqa: E731
    share = (to_mel(frequency) - to_mel(60)) / (to_mel(7600) - to_mel(60))
    assert mel.mean(0).argmax() == pytest.approx(share * (BANDS + 1) - 1, abs=1)


def test_speech_is_told_from_noise_and_silence(spoken: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(size=4 * RATE).astype(np.float32) * 0.05
    assert SpeechDetector().push(spoken[RATE : 4 * RATE]).mean() > 0.7
    assert SpeechDetector().push(noise).mean() < 0.2
    assert SpeechDetector().push(np.zeros(RATE, np.float32)).max() < 0.2


def test_speech_decisions_do_not_depend_on_how_the_sound_is_cut(spoken: np.ndarray) -> None:
    whole = SpeechDetector().push(spoken[: 3 * RATE])
    cut = SpeechDetector()
    parts = [cut.push(part) for part in np.array_split(spoken[: 3 * RATE], 17)]
    np.testing.assert_allclose(whole, np.concatenate(parts), atol=1e-4)


@pytest.mark.parametrize(("kind", "before"), [("log_mel", 1.5), ("speech_functionals", 2.5)])
def test_windows_start_on_the_grid_where_there_is_speech(
    spoken: np.ndarray, kind: str, before: float
) -> None:
    starts = [window.start for window in windows_of(spoken, kind)]
    assert starts[0] == 0
    assert all(start % 0.5 == 0 for start in starts)
    quiet = np.zeros(5 * RATE, np.float32)
    late = [window.start for window in windows_of(np.concatenate([quiet, spoken]), kind)]
    assert min(late) >= 5 - before


@pytest.mark.parametrize("kind", KINDS)
def test_windows_do_not_depend_on_how_the_sound_is_cut(spoken: np.ndarray, kind: str) -> None:
    cutter, parts, at = VoiceWindows(kind), [], 0
    for part in np.array_split(spoken, 23):
        parts += cutter.push(part, at / RATE)
        at += len(part)
    parts += cutter.finish()
    whole = windows_of(spoken, kind)
    assert [window.start for window in parts] == [window.start for window in whole]
    for one, other in zip(parts, whole, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-4)
        np.testing.assert_array_equal(one.speech, other.speech)


def test_a_short_recording_is_one_window_and_a_gap_is_silence(spoken: np.ndarray) -> None:
    word = spoken[RATE : RATE * 2]
    ((start, mel, _),) = windows_of(word, "log_mel")
    assert start == 0
    assert mel.shape == (198, BANDS)
    ((start, numbers, _),) = windows_of(word, "speech_functionals")
    assert start == 0
    assert numbers.shape == (SIZE,)
    assert windows_of(word[:1000], "speech_functionals") == []
    cutter = VoiceWindows("log_mel")
    cutter.push(spoken[: 2 * RATE], 0.0)
    starts = [window.start for window in cutter.push(spoken[2 * RATE :], 3600.0)]
    assert all(start < 2 or start >= 3598 for start in starts)
    assert max(starts) >= 3600
    assert all(start % 0.5 == 0 for start in starts)


def test_stretches_that_follow_cover_all_of_the_sound(spoken: np.ndarray) -> None:
    sound = spoken[: int(6.3 * RATE)]
    windows = windows_of(sound, "whisper_mel")
    assert [window.start for window in windows] == [0, 4]
    assert [window.values.shape for window in windows] == [(80, 400), (80, 230)]
    rows = windows[0].spoken_rows(200, 0.02)
    assert 0.2 < rows.mean() <= 1
    assert windows_of(np.zeros(9 * RATE, np.float32), "whisper_mel") == []


def test_a_stretch_is_heard_before_it_is_whole(spoken: np.ndarray) -> None:
    cutter = VoiceWindows("whisper_mel")
    assert cutter.push(spoken[: 3 * RATE], 0.0) == []
    (early,) = cutter.pending()
    assert (early.start, early.values.shape) == (0, (80, 300))
    (whole,) = cutter.push(spoken[3 * RATE : 5 * RATE], 3.0)
    assert (whole.start, whole.values.shape) == (0, (80, 400))

"""Channels: mixed, of opposite phase, or one of them alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import MediaError
from mien.media import RATE, TrackChoice
from mien.media.mix import channel_of
from tests.conftest import tone, write_sound
from tests.media.clips import sound_of


def voice(seed: int) -> np.ndarray:
    """(N,) four seconds of noise between 200 and 2000 Hz."""
    draw = np.random.default_rng(seed).normal(size=4 * RATE)
    spectrum, pitches = np.fft.rfft(draw), np.fft.rfftfreq(len(draw), 1 / RATE)
    sound = np.fft.irfft(spectrum * ((pitches > 200) & (pitches < 2000)), len(draw))
    return (0.4 * sound / np.abs(sound).max()).astype(np.float32)


def stereo(path: Path, left: np.ndarray, right: np.ndarray, codec: str = "pcm_s16le") -> Path:
    return write_sound(path, np.stack([left, right]).astype(np.float32), RATE, "stereo", codec)


def likeness(heard: np.ndarray, wanted: np.ndarray) -> float:
    size = min(len(heard), len(wanted))
    return float(np.corrcoef(heard[:size], wanted[:size])[0, 1])


def codes(path: Path) -> list[str]:
    return [problem.code for problem in sound_of(path)[0].problems]


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_a_channel_turned_round_does_not_silence_the_other(tmp_path: Path, gain: float) -> None:
    left = voice(3)
    path = stereo(tmp_path / "a.wav", left, -gain * left)
    media, sound = sound_of(path)
    assert np.abs(sound - (left * (1 + gain) / 2)).max() < 2e-3
    (problem,) = [p for p in media.problems if p.code == "opposite_phase"]
    ((start, end),) = problem.spans
    assert start < 0.5
    assert end == pytest.approx(4, abs=0.01)


def test_noise_and_rumble_do_not_hide_the_opposite_phase(tmp_path: Path) -> None:
    left, draw = voice(3), np.random.default_rng(0)
    noise = 0.02 * draw.normal(size=(2, len(left)))
    rumble = 0.2 * np.sin(2 * np.pi * 30 * np.arange(len(left)) / RATE)  # the same in both
    path = stereo(tmp_path / "a.wav", left + noise[0] + rumble, -left + noise[1] + rumble)
    assert likeness(sound_of(path)[1], left) > 0.9
    assert "opposite_phase" in codes(path)


def test_the_phase_may_change_in_the_middle(tmp_path: Path) -> None:
    left = voice(3)
    right = np.where(np.arange(len(left)) < len(left) // 2, left, -left)
    media, sound = sound_of(stereo(tmp_path / "a.wav", left, right))
    after = slice(3 * RATE, 4 * RATE)
    assert np.abs(sound[after] - (left[after])).max() < 2e-3
    (problem,) = [p for p in media.problems if p.code == "opposite_phase"]
    assert 1.9 < problem.spans[0][0] < 3


def test_different_channels_are_mixed_as_ever(tmp_path: Path) -> None:
    left, right = voice(3), voice(4)
    path = stereo(tmp_path / "a.wav", left, right)
    assert np.abs(sound_of(path)[1] - ((left + right) / 2)).max() < 1e-3
    assert codes(path) == []


def test_of_more_channels_the_odd_one_is_turned(tmp_path: Path) -> None:
    one = voice(3)
    path = write_sound(
        tmp_path / "a.wav", np.stack([one, -one, one, -one]), RATE, "quad", "pcm_s16le"
    )
    assert likeness(sound_of(path)[1], one) > 0.99


@pytest.mark.parametrize(
    ("channel", "share"), [("left", 1.0), ("1", 1.0), ("right", 0.25), ("2", 0.25), ("mix", 0.625)]
)
def test_one_channel_can_be_chosen(tmp_path: Path, channel: str, share: float) -> None:
    both = tone(1)[0]
    path = stereo(tmp_path / "a.flac", both, both / 4, "flac")
    media, sound = sound_of(path, tracks=TrackChoice(channel=channel))
    assert np.abs(sound[2000:14_000]).max() == pytest.approx(0.4 * share, abs=0.01)
    assert not media.problems


def test_left_and_right_go_by_the_names_of_channels() -> None:
    names = ["FC", "FL", "FR", "LFE"]
    assert [channel_of(name, names) for name in ("left", "right", "1", "4")] == [1, 2, 0, 3]
    assert channel_of("left", ["FC"]) == 0
    assert channel_of("right", ["FC"]) is None
    assert channel_of("5", names) is None


def test_where_each_channel_is_one_persons_its_level_is_kept(tmp_path: Path) -> None:
    first, second = voice(3), voice(4)
    half = len(first) // 2
    left, right = np.r_[first[:half], 0.1 * second[half:]], np.r_[0.1 * first[:half], second[half:]]
    path = stereo(tmp_path / "a.wav", left, right)
    plain, mix = sound_of(path)
    media, sound = sound_of(path, tracks=TrackChoice(channel="person"))
    assert (sound == mix).all()
    assert not plain.levels
    ratios = {k: energies[0] / energies[1] for k, energies in sorted(media.levels.items())}
    assert list(ratios) == list(range(40))
    assert all(ratios[k] == pytest.approx(100, rel=0.1) for k in range(19))
    assert all(ratios[k] == pytest.approx(0.01, rel=0.1) for k in range(21, 40))


def test_one_channel_is_not_a_persons_each(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", voice(3)[None], RATE, "mono", "pcm_s16le")
    with pytest.raises(MediaError, match=r"a\.wav: the sound has one channel.*leave --channel"):
        sound_of(path, tracks=TrackChoice(channel="person"))

from __future__ import annotations

from pathlib import Path

import pytest

import mien
from mien.serve.playable import playback, read_info
from tests.conftest import numbered, tone, write_clip, write_sound
from tests.media_maker import write_picture

_TIMES = [k / 25 for k in range(5)]


@pytest.mark.parametrize(
    ("name", "video", "audio", "rate", "expected"),
    [
        ("a.mp4", "libx264", "aac", 16_000, "source"),
        ("a.mp4", "libx264", "libmp3lame", 16_000, "source"),
        ("a.mov", "libx264", "aac", 16_000, "source"),
        ("a.webm", "libvpx", "libopus", 48_000, "source"),
        ("a.webm", "libvpx-vp9", "libopus", 48_000, "source"),
        ("a.mkv", "libvpx", "libopus", 48_000, "making"),
        ("a.mkv", "libx264", "aac", 16_000, "making"),
        ("a.mp4", "libx264", "libopus", 48_000, "making"),
        ("a.mp4", "mpeg4", "aac", 16_000, "making"),
        ("a.avi", "libx264", "libmp3lame", 16_000, "making"),
    ],
)
def test_video(tmp_path: Path, name: str, video: str, audio: str, rate: int, expected: str) -> None:
    sound = tone(0.2, rate)
    path = write_clip(
        tmp_path / name, numbered(5), _TIMES, codec=video, sound=sound, rate=rate, audio_codec=audio
    )
    assert playback(path, read_info(path)) == expected


@pytest.mark.parametrize(
    ("name", "codec", "rate", "expected"),
    [
        ("a.mp3", "libmp3lame", 16_000, "source"),
        ("a.m4a", "aac", 16_000, "source"),
        ("a.wav", "pcm_s16le", 16_000, "source"),
        ("a.flac", "flac", 16_000, "source"),
        ("a.ogg", "libopus", 48_000, "source"),
        ("a.wav", "pcm_f32le", 16_000, "making"),
        ("a.aac", "aac", 16_000, "making"),
        ("a.aiff", "pcm_s16be", 16_000, "making"),
    ],
)
def test_sound(tmp_path: Path, name: str, codec: str, rate: int, expected: str) -> None:
    path = write_sound(tmp_path / name, tone(0.5, rate), rate, "mono", codec)
    assert playback(path, read_info(path)) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("a.jpg", "source"), ("a.png", "source"), ("a.tiff", "none")]
)
def test_pictures(tmp_path: Path, name: str, expected: str) -> None:
    path = write_picture(tmp_path / name, 1)
    assert playback(path, read_info(path)) == expected


def test_video_without_sound_and_the_sample(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(5), _TIMES)
    assert playback(path, read_info(path)) == "source"
    assert playback(mien.sample(), read_info(mien.sample())) == "source"


def test_the_name_says_nothing(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.avi", numbered(5), _TIMES, codec="mpeg4")
    path = path.rename(tmp_path / "a.mp4")
    assert playback(path, read_info(path)) == "making"


def test_what_begins_late_gets_a_preview_whose_times_are_those_of_the_answer(
    tmp_path: Path,
) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(5), [1 + t for t in _TIMES])
    assert playback(path, read_info(path)) == "making"

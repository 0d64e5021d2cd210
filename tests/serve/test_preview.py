from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import mien
from mien.errors import MediaError, OutputError
from mien.media import TrackChoice, open_media, read_sound
from mien.serve.files import JobFiles
from mien.serve.playable import playback, read_info
from mien.serve.preview import write_preview
from mien.serve.settings import Limits
from mien.serve.tasks import JobRunner, WorkRequest
from tests.conftest import mux_sound, numbered, tone, write_clip, write_sound
from tests.media_maker import babble

_UNEVEN = np.cumsum([0, *(0.02 + 0.03 * (k % 3) for k in range(49))]).round(3).tolist()
_EVEN = [k / 25 for k in range(50)]


def seen(path: Path) -> tuple[NDArray[np.float64], list[float]]:
    """Times of the pictures, and how bright each is."""
    with open_media(path, max_side=96) as media:
        chunks = list(media.chunks())
    times = np.concatenate([chunk.times for chunk in chunks])
    return times, [float(frame.mean()) for chunk in chunks for frame in chunk.frames]


def lag(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Seconds by which b is later than a."""
    size = 2 * max(len(a), len(b))
    match = np.fft.irfft(np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size), size)
    at = int(match.argmax())
    return (at if at < size // 2 else at - size) / 16_000


@pytest.mark.parametrize(
    ("name", "times", "codec", "pixels", "audio"),
    [
        ("hevc.mp4", _UNEVEN, "libx265", "yuv420p", "aac"),
        ("hevc10.mkv", _UNEVEN, "libx265", "yuv420p10le", "libopus"),
        ("h264.mkv", _UNEVEN, "libx264", "yuv420p", "ac3"),
        ("mpeg4.avi", _EVEN, "mpeg4", "yuv420p", "libmp3lame"),
        ("h264.avi", _EVEN, "libx264", "yuv420p", "pcm_s16le"),
        ("h264_422.mp4", _UNEVEN, "libx264", "yuv422p", "aac"),
        ("h264.ts", _UNEVEN, "libx264", "yuv420p", "aac"),
    ],
)
def test_a_preview_plays_and_keeps_the_times(
    tmp_path: Path, name: str, times: list[float], codec: str, pixels: str, audio: str
) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    rate = 48_000 if audio == "libopus" else 16_000
    sound = babble(3, 2.0).repeat(rate // 16_000, 1)
    source = write_clip(
        tmp_path / name,
        numbered(50),
        times,
        codec=codec,
        pixel_format=pixels,
        sound=None if audio in ("ac3", "pcm_s16le") else sound,
        rate=rate,
        audio_codec=audio,
        options=options,
    )
    info = read_info(source)
    assert playback(source, info) == "making"
    preview = tmp_path / "preview.mp4"
    write_preview(source, info, preview)
    made = read_info(preview)
    assert playback(preview, made) == "source"
    assert (made.container, made.video_codec, made.pixel_format) == ("mov", "h264", "yuv420p")
    (before, bright), (after, brightness) = seen(source), seen(preview)
    if before[0] > 0:  # a player takes the first picture for the start
        before, bright = np.array([0, *before]), [bright[0], *bright]
    assert after == pytest.approx(before, abs=1e-3)
    assert brightness == pytest.approx(bright, abs=4)
    if info.audio_codec is not None:
        assert made.audio_codec in ("aac", "mp3float")
        assert lag(read_sound(source), read_sound(preview)) == pytest.approx(0, abs=1e-3)


def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    frames = numbered(3, (1920, 1080))
    source = write_clip(tmp_path / "a.avi", frames, _EVEN[:3], codec="mpeg4")
    write_preview(source, read_info(source), tmp_path / "b.mp4")
    made = read_info(tmp_path / "b.mp4")
    assert (made.width, made.height) == (1280, 720)


def test_sound_alone(tmp_path: Path) -> None:
    source = write_sound(tmp_path / "a.aiff", babble(3), 16_000, "mono", "pcm_s16be")
    info = read_info(source)
    assert playback(source, info) == "making"
    write_preview(source, info, tmp_path / "b.mp4")
    made = read_info(tmp_path / "b.mp4")
    assert (made.kind, made.audio_codec, playback(tmp_path / "b.mp4", made)) == (
        "sound",
        "aac",
        "source",
    )
    heard = read_sound(tmp_path / "b.mp4")
    assert lag(read_sound(source), heard) == pytest.approx(0, abs=1e-3)


def test_what_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.avi", numbered(3), _EVEN[:3], codec="mpeg4")
    info = read_info(source)
    with pytest.raises(OutputError, match="cannot be written"):
        write_preview(source, info, tmp_path / "gone" / "b.mp4")
    source.write_bytes(b"RIFF....AVI nothing")
    with pytest.raises(MediaError):
        write_preview(source, info, tmp_path / "b.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.avi"]


def test_sound_that_changes_its_kind_in_the_middle(tmp_path: Path) -> None:
    one = write_sound(tmp_path / "a.mp2", tone(1, 44_100), 44_100, "mono", "mp2")
    two = write_sound(tmp_path / "b.mp2", tone(1, 32_000, 2), 32_000, "stereo", "mp2")
    source = tmp_path / "c.mp2"
    source.write_bytes(one.read_bytes() + two.read_bytes())
    write_preview(source, read_info(source), tmp_path / "c.mp4")
    heard = read_sound(tmp_path / "c.mp4")
    assert len(heard) == pytest.approx(2 * 16_000, abs=1600)
    assert np.abs(heard[17_000:30_000]).max() == pytest.approx(0.4, abs=0.05)


def test_of_several_tracks_the_preview_has_those_that_were_read(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    with av.open(str(source), "w") as out:
        audios = [out.add_stream("aac", rate=16_000, layout="mono") for _ in range(2)]
        for seconds, audio in enumerate(audios, 1):
            mux_sound(out, audio, tone(seconds), 16_000, "mono")
    for number, seconds in ((1, 1), (2, 2)):
        tracks = TrackChoice(audio=number)
        info = read_info(source, tracks)
        assert playback(source, info) == "making"
        write_preview(source, info, tmp_path / "b.mp4", tracks=tracks)
        assert len(read_sound(tmp_path / "b.mp4")) == pytest.approx(16_000 * seconds, abs=2100)


@pytest.mark.data
def test_pictures_that_change_their_size_are_played_from_a_preview(
    data: Path, tmp_path: Path
) -> None:
    """A browser plays the file, but its frame would change, and boxes would miss their faces."""
    clip = data / "cases" / "turned_phone.webm"
    if not clip.is_file():
        pytest.skip(f"it is not at {clip}")
    files, number = JobFiles(tmp_path), "x" * 22
    said: list[Mapping[str, Any]] = []
    files.folder(number).mkdir(parents=True)
    shutil.copy(clip, files.source(number))
    workshop = JobRunner(mien.load(), files, Limits(), said.append)
    workshop.do(WorkRequest("analyze", number, "a.webm", {"window": 2.0}, True))
    assert [note["media"] for note in said if "media" in note] == ["source", "making"]
    workshop.do(WorkRequest("preview", number, "a.webm", {"window": 2.0}, True))
    with open_media(files.preview(number), fps=1) as media:
        assert {f.shape for chunk in media.chunks() for f in chunk.frames} == {(180, 320, 3)}
    assert media.problems == []

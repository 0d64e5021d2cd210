from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien import MediaError
from mien.media import RATE, open_media, read_sound
from tests.conftest import numbered, tone, write_clip, write_sound


def read(source, **options):  # type: ignore[no-untyped-def]
    frames, times, sound = [], [], []
    with open_media(source, **options) as media:
        for chunk in media.chunks():
            frames += chunk.frames
            times += chunk.times.tolist()
            sound.append((chunk.sound_start, chunk.sound))
    return media, frames, times, sound


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


def test_sound_that_starts_late_says_so(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "a.mkv",
        numbered(50),
        [k / 25 for k in range(50)],
        sound=tone(1),
        sound_start=0.8,
    )
    _, _, _, sound = read(path)
    assert sound[0][0] == pytest.approx(0.8, abs=0.05) or np.abs(
        np.concatenate([s for _, s in sound])[: int(0.7 * RATE)]
    ).max() == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.wav", "pcm_s16le", 8_000, "mono"),
        ("a.wav", "pcm_s24le", 44_100, "stereo"),
        ("a.flac", "flac", 48_000, "stereo"),
        ("a.mp3", "libmp3lame", 44_100, "stereo"),
        ("a.m4a", "aac", 48_000, "5.1"),
        ("a.ogg", "libopus", 48_000, "stereo"),
        ("a.opus", "libopus", 48_000, "mono"),
    ],
)
def test_sound_of_any_rate_and_layout_becomes_16_khz_mono(
    tmp_path: Path, name: str, codec: str, rate: int, layout: str
) -> None:
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    path = write_sound(tmp_path / name, tone(1.5, rate, channels), rate, layout, codec)
    with open_media(path) as media:
        assert media.info.kind == "sound"
        sound = np.concatenate([c.sound for c in media.chunks()])
    assert len(sound) == pytest.approx(1.5 * RATE, abs=0.1 * RATE)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() <= 1
    spectrum = np.abs(np.fft.rfft(sound[4000:20000]))
    assert spectrum.argmax() * RATE / 16000 == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mp4", "libx264", "yuv420p10le"),
        ("a.mp4", "libx265", "yuv420p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.avi", "mpeg4", "yuv420p"),
    ],
)
def test_codecs_give_the_colours_that_went_in(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, :48], picture[:, 48:] = (200, 40, 40), (30, 60, 190)
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_clip(
        tmp_path / name,
        [picture] * 5,
        [k / 25 for k in range(5)],
        codec=codec,
        pixel_format=pixels,
        options=quiet,
    )
    _, frames, _, _ = read(path)
    assert len(frames) == 5
    assert np.abs(frames[2][20:40, 10:40].mean((0, 1)) - (200, 40, 40)).max() < 12
    assert np.abs(frames[2][20:40, 58:88].mean((0, 1)) - (30, 60, 190)).max() < 12


def test_a_file_that_breaks_off_gives_what_is_before_the_break(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (64, 96, 3), np.uint8) for _ in range(100)]
    options = {"g": "10"}
    path = write_clip(
        tmp_path / "a.mkv", frames, [k / 25 for k in range(100)], sound=tone(4), options=options
    )
    content = path.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(content[: int(len(content) * 0.6)])
    media, seen, _, _ = read(cut)
    assert 40 < len(seen) < 75
    assert not media.complete
    assert [p.code for p in media.problems] == ["cut_off"]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_still_picture_is_one_frame(tmp_path: Path, name: str, portrait) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / name
    cv2.imwrite(str(path), portrait[:, :, ::-1])
    media, frames, times, _ = read(path)
    assert media.info.kind == "picture"
    assert times == [0.0]
    assert np.abs(frames[0].astype(int) - portrait).mean() < 6


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "8k.png"
    cv2.imwrite(str(path), np.zeros((4320, 7680, 3), np.uint8))
    with open_media(path, max_side=1920) as media:
        (chunk,) = media.chunks()
    assert chunk.frames[0].shape == (1080, 1920, 3)
    assert chunk.scale == 4
    assert (media.info.width, media.info.height) == (7680, 4320)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.mp4", b"", "empty"),
        ("noise.mp4", bytes(range(256)) * 40, "not a video"),
        ("text.mp4", b"hello world, this is no video\n" * 30, "not a video"),
        ("a.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/x.ts\n", "refers to other files"),
        ("a.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "refers to other files"),
        ("a.mpd", b'<?xml version="1.0"?>\n<MPD xmlns="x"></MPD>', "refers to other files"),
        ("a.sdp", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n", "refers to other"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError) as caught:
        read(path)
    assert words in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_folders_and_odd_names(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        open_media(tmp_path / "nowhere.mp4")
    with pytest.raises(MediaError, match="is a folder"):
        open_media(tmp_path)
    for name in ("-i.mp4", "concat:a.mp4", "http:x.mp4", "100%d*.mp4"):
        plain = write_clip(tmp_path / "plain.mp4", numbered(5), [k / 25 for k in range(5)])
        path = plain.rename(tmp_path / name)
        assert len(read(path)[1]) == 5


def test_bytes_are_read_as_files_are(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(8), [k / 25 for k in range(8)], sound=tone(0.3))
    assert read(path.read_bytes())[2] == read(path)[2]


def test_not_a_number_becomes_silence(tmp_path: Path) -> None:
    sound = tone(1)
    sound[0, 5000:5100] = np.nan
    path = write_sound(tmp_path / "a.wav", sound, RATE, "mono", "pcm_f32le")
    with open_media(path) as media:
        heard = np.concatenate([c.sound for c in media.chunks()])
    assert np.isfinite(heard).all()
    assert [p.code for p in media.problems] == ["odd_samples"]


def test_read_sound_refuses_a_silent_film(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(5), [k / 25 for k in range(5)])
    with pytest.raises(MediaError, match="has no sound"):
        read_sound(path)


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

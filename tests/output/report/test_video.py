"""Annotated copies, made from real clips and read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.errors import MediaError, OutputError
from mien.labels import EMOTIONS
from mien.output.report import write_video
from mien.output.report.drawing import annotate
from mien.output.report.palette import rgb
from mien.types import Reason
from tests.conftest import tone, write_clip, write_sound
from tests.media_maker import changing
from tests.output.report.sample import EIGHT, HOSTILE, SIZE, eight, nothing, prediction, sure

Picture = NDArray[np.uint8]


def grey(count: int, size: tuple[int, int] = SIZE) -> list[Picture]:
    return [np.full((size[1], size[0], 3), 120, np.uint8)] * count


@dataclass
class Copy:
    times: list[float]
    pictures: list[Picture]
    codecs: list[str]
    lengths: list[float]
    heard: NDArray[np.float32]


def read(path: Path) -> Copy:
    times, pictures, heard = [], [], [np.zeros(0, np.float32)]
    with av.open(str(path)) as given:
        codecs = [s.codec_context.name for s in given.streams]
        lengths = [float((s.duration or 0) * (s.time_base or 0)) for s in given.streams]
        for frame in given.decode():
            if isinstance(frame, av.VideoFrame):
                times.append(float(frame.time or 0))
                pictures.append(frame.to_ndarray(format="rgb24"))
            elif isinstance(frame, av.AudioFrame):
                heard.append(frame.to_ndarray().mean(0))
    return Copy(times, pictures, codecs, lengths, np.concatenate(heard))


def made(source: Path, target: Path, **change: object) -> Copy:
    write_video(replace(prediction(str(source)), **change), source, target)  # type: ignore[arg-type]
    assert [p.name for p in target.parent.glob("*.part")] == []
    return read(target)


def near(picture: Picture, at: tuple[int, int], colour: Iterable[int], within: int = 40) -> bool:
    """Whether the colour at (x, y) is about the one given; chroma is coarse in 4:2:0."""
    seen = picture[at[1], at[0]].astype(int)
    return bool(np.abs(seen - np.array(list(colour))).max() < within)


def test_times_pictures_and_sound_are_kept(tmp_path: Path) -> None:
    times = [k / 25 for k in range(75)]
    sound = tone(3, 48_000, 2)
    source = write_clip(
        tmp_path / "a.mp4", grey(75), times, sound=sound, rate=48_000, layout="stereo"
    )
    copy, given = made(source, tmp_path / "b.mp4"), read(source)
    assert copy.codecs == ["h264", "aac"]
    assert copy.times == pytest.approx(times, abs=1e-4)
    assert copy.lengths[0] == pytest.approx(3.0, abs=1e-3)
    np.testing.assert_array_equal(copy.heard, given.heard)  # copied, not encoded anew
    assert copy.pictures[0].shape == (360, 640, 3)
    assert near(copy.pictures[0], (600, 20), (120, 120, 120), 4)


def test_a_variable_rate_is_kept(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5, 0.52, 1.7, 1.75]
    source = write_clip(tmp_path / "a.mkv", grey(6), times)
    copy = made(source, tmp_path / "b.mp4")
    assert copy.times == pytest.approx(times, abs=1e-4)
    assert copy.codecs == ["h264"]


def test_a_start_that_is_not_zero_becomes_zero(tmp_path: Path) -> None:
    source = write_clip(
        tmp_path / "a.ts", grey(25), [5 + k / 25 for k in range(25)], sound=tone(1), sound_start=5.0
    )
    copy = made(source, tmp_path / "b.mp4")
    assert copy.codecs == ["h264", "aac"]
    gaps = np.diff(copy.times)
    assert gaps == pytest.approx([0.04] * 24, abs=1e-3)
    assert copy.times[0] < 0.1
    assert np.abs(copy.heard).max() > 0.3


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout", "result"),
    [
        ("a.mkv", "pcm_s16le", 44_100, "stereo", "aac"),
        ("a.mkv", "libvorbis", 48_000, "stereo", "aac"),
        ("a.mkv", "flac", 16_000, "mono", "flac"),
        ("a.mkv", "libmp3lame", 44_100, "mono", "mp3"),
        ("a.mkv", "libopus", 48_000, "stereo", "opus"),
        ("a.mkv", "pcm_s16le", 37_000, "5.1", "aac"),
    ],
)
def test_sound_that_mp4_does_not_take_is_encoded(
    tmp_path: Path, name: str, codec: str, rate: int, layout: str, result: str
) -> None:
    if codec not in av.codec.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    source = tmp_path / name
    sound_file = write_sound(
        tmp_path / "sound.mkv", tone(2, rate, 6 if layout == "5.1" else 1 + (layout == "stereo")),
        rate, layout, codec,
    )  # fmt: skip
    video_file = write_clip(tmp_path / "video.mp4", grey(50), [k / 25 for k in range(50)])
    with (
        av.open(str(source), "w") as out,
        av.open(str(video_file)) as one,
        av.open(str(sound_file)) as two,
    ):
        streams = [out.add_stream_from_template(g.streams[0]) for g in (one, two)]
        for given, stream in zip((one, two), streams, strict=True):
            for packet in given.demux():
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
    copy = made(source, tmp_path / "b.mp4")
    assert [codec.removesuffix("float") for codec in copy.codecs] == ["h264", result]
    assert copy.lengths[1] == pytest.approx(2, abs=0.1)
    middle = copy.heard[len(copy.heard) // 4 : len(copy.heard) // 2]
    assert np.abs(middle.astype(float)).max() > 0.2


def test_sound_that_lasts_longer_is_kept_to_its_end(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", grey(10), [k / 25 for k in range(10)], sound=tone(3))
    assert made(source, tmp_path / "b.mp4").lengths[1] == pytest.approx(3, abs=0.1)


def test_a_turned_clip_stands_upright(tmp_path: Path) -> None:
    frame = np.full((64, 96, 3), 30, np.uint8)
    frame[:, 48:] = 220  # the right half is bright
    source = write_clip(tmp_path / "a.mp4", [frame] * 5, [k / 25 for k in range(5)])
    content = bytearray(source.read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # the matrix of a version 0 track header
    turn = [0, 65536, 0, -65536, 0, 0, 64 * 65536, 0, 1 << 30]  # 90 degrees clockwise
    content[at : at + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in turn)
    source.write_bytes(content)
    copy = made(source, tmp_path / "b.mp4", people=(), timeline=(), size=(64, 96))
    assert copy.pictures[0].shape == (96, 64, 3)
    assert copy.pictures[0][80:].mean() > 200 > 50 > copy.pictures[0][:16].mean()


@pytest.mark.parametrize("size", [(97, 65), (50, 50), (16, 200), (3, 3)])
def test_odd_and_small_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    times = [k / 25 for k in range(5)]
    source = write_clip(tmp_path / "a.mkv", grey(5, size), times, codec="ffv1", pixel_format="bgr0")
    copy = made(source, tmp_path / "b.mp4")
    assert copy.pictures[0].shape == (size[1] // 2 * 2, size[0] // 2 * 2, 3)
    assert len(copy.times) == 5


def test_boxes_follow_the_people_and_only_while_they_are_in_view() -> None:
    def edge(time: float, x: float) -> bool:
        drawn = annotate(grey(1)[0], prediction(), time)
        return near(drawn, (round(x), 120), rgb("angry"), 2)

    assert not edge(1.0, 330)  # person 2 comes at 2 s
    assert edge(2.0, 340)
    assert edge(3.1, 351)  # between two sights
    assert not edge(7.0, 390)
    assert edge(9.0, 410)


def test_bars_are_as_long_as_their_probabilities() -> None:
    def length(label: str, values: dict[str, float]) -> int:
        p = prediction()
        one = replace(p.timeline[0], label=label, probabilities=values)
        drawn = annotate(grey(1)[0], replace(p, people=(), timeline=(one,)), 1.0)
        return int((np.abs(drawn.astype(int) - rgb(label)).max(2) < 2).any(0).sum())

    whole, half = length("sad", sure("sad", 1.0)), length("sad", sure("sad", 0.5))
    assert whole > 30
    assert half == pytest.approx(whole / 2, abs=1.5)
    assert length("fear", dict.fromkeys(EMOTIONS.names, 0.0)) <= 1


def bars(drawn: Picture, labels: tuple[str, ...]) -> list[int]:
    """How many columns of the picture's left part have each label's colour."""
    part = drawn[:, : SIZE[0] // 2].astype(int)
    return [int((np.abs(part - rgb(n, labels)).max(2) < 2).any(0).sum()) for n in labels]


@pytest.mark.parametrize("labels", [EIGHT, HOSTILE], ids=["eight", "hostile"])
def test_bars_of_other_labels(labels: tuple[str, ...]) -> None:
    p = replace(eight(labels), people=())
    assert p.timeline[10].probabilities is not None
    values = list(p.timeline[10].probabilities.values())
    found = bars(annotate(grey(1)[0], p, 6.0), labels)
    assert found == pytest.approx([60 * value for value in values], abs=1.6)


def test_of_many_labels_the_likeliest_of_the_clip_are_shown() -> None:
    many = tuple(f"label {k}" for k in range(14))
    p = replace(eight(many), people=())
    assert p.probabilities is not None
    sure_of_all = replace(p.timeline[0], probabilities=dict.fromkeys(many, 1.0))
    found = bars(annotate(grey(1)[0], replace(p, timeline=(sure_of_all,)), 1.0), many)
    best = sorted(many, key=lambda name: -p.probabilities[name])[:10]  # type: ignore[index]
    assert [name for name, width in zip(many, found, strict=True) if width] == sorted(
        best, key=many.index
    )


def test_an_annotated_copy_of_another_bundles_answer(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", grey(5), [k / 25 for k in range(5)])
    write_video(eight(HOSTILE), source, tmp_path / "b.mp4")
    assert len(read(tmp_path / "b.mp4").times) == 5


def test_annotating_changes_neither_picture_nor_fails_on_nothing() -> None:
    picture = grey(1)[0]
    drawn = annotate(picture, prediction(), 3.0)
    assert (picture == 120).all()
    assert not np.array_equal(drawn, picture)
    assert np.array_equal(annotate(picture, replace(nothing(), timeline=()), 3.0), picture)
    annotate(picture, nothing(), 3.0)


def test_pictures_of_another_size_are_padded(tmp_path: Path) -> None:
    """Neither stretched nor cut: a box in the answer's pixels meets its face in all of them."""
    wide = np.full((360, 640, 3), 120, np.uint8)
    tall = np.full((640, 360, 3), 200, np.uint8)
    tall[300:340, 160:200] = (220, 30, 30)
    source = changing(tmp_path / "a.mkv", [wide] * 3 + [tall] * 3)
    copy = made(source, tmp_path / "b.mp4", timeline=(), people=())
    assert {picture.shape for picture in copy.pictures} == {(360, 640, 3)}
    assert near(copy.pictures[0], (10, 10), (120, 120, 120), 6)
    last = copy.pictures[-1]
    assert near(last, (100, 180), (0, 0, 0), 6)
    assert near(last, (540, 180), (0, 0, 0), 6)
    assert near(last, (240, 20), (200, 200, 200), 6)
    assert near(last, (320, 180), (220, 30, 30))
    red = (last[..., 0].astype(int) - last[..., 1] > 90).nonzero()
    assert [np.ptp(place) + 1 for place in red] == pytest.approx([22.5, 22.5], abs=3)


def test_the_track_that_was_read_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "a.mkv"
    with av.open(str(source), "w") as out:
        videos = [out.add_stream("libx264", rate=25) for _ in range(2)]
        for video in videos:
            video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for k in range(10):
            for video, shade in zip(videos, (60, 180), strict=True):
                frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), shade, np.uint8), "rgb24")
                frame.pts, frame.time_base = k, Fraction(1, 25)
                out.mux(video.encode(frame))
        for video in videos:
            out.mux(video.encode(None))
    for number, shade in ((1, 60), (2, 180)):
        p = replace(prediction(), timeline=(), people=())
        read_then = {"video_track": number, "audio_track": None, "channel": None}
        write_video(replace(p, source={**p.source, "read": read_then}), source, tmp_path / "b.mp4")
        assert near(read(tmp_path / "b.mp4").pictures[0], (48, 32), (shade,) * 3, 6)


def test_sound_whose_times_were_mended_runs_on_in_the_copy(tmp_path: Path) -> None:
    source, sound = tmp_path / "a.mkv", tone(3, 48_000)
    with av.open(str(source), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        audio = out.add_stream("pcm_s16le", rate=48_000, layout="mono")
        for k in range(75):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 90, np.uint8), "rgb24")
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for k in range(0, sound.shape[1], 1024):
            samples = (sound[:, k : k + 1024] * 32767).astype(np.int16)
            piece = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            piece.sample_rate, piece.time_base, piece.pts = 48_000, Fraction(1, 48_000), k // 4
            out.mux(audio.encode(piece))
    reasons = (Reason("timestamps", "the sound's times overlap or jump"),)
    copy = made(source, tmp_path / "b.mp4", reasons=reasons)
    assert copy.lengths[1] == pytest.approx(3, abs=0.1)
    assert len(copy.heard) / 48_000 == pytest.approx(3, abs=0.1)


COLOURS = [(200, 40, 40), (40, 180, 60), (50, 70, 190), (128, 128, 128), (225, 180, 150)]


def hdr(path: Path, transfer: str, peak: float = 1.0) -> Path:
    """Stripes of `COLOURS`, and one `peak` times as bright as white, in BT.2020 and 10 bits."""
    to_bt2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    light = np.array([*(np.array(COLOURS) / 255) ** 2.4, np.full(3, peak)]) @ np.array(to_bt2020).T
    if transfer == "pq":  # SMPTE ST 2084, white at 203 cd/m2
        power = np.clip(light * 203 / 10_000, 0, 1) ** (2610 / 16384)
        c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
        signal = ((c1 + c2 * power) / (1 + c3 * power)) ** (2523 / 32)
    else:  # BT.2100, a screen of 1000 cd/m2
        shown = light * 0.203
        luminance = shown @ np.array([0.2627, 0.678, 0.0593])
        scene = shown * luminance[:, None] ** (1 / 1.2 - 1)
        log = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        signal = np.where(scene <= 1 / 12, np.sqrt(3 * scene), log)
    red, green, blue = np.repeat(signal, 32, 0)[None].repeat(64, 0).transpose(2, 0, 1)
    y = 0.2627 * red + 0.678 * green + 0.0593 * blue
    u, v = (blue - y) / 1.8814, (red - y) / 1.4746
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": "4"})
        video.height, video.width = y.shape
        video.pix_fmt = "yuv420p10le"
        context = video.codec_context
        context.color_trc = {"pq": 16, "hlg": 18}[transfer]
        context.color_primaries, context.colorspace, context.color_range = 9, 9, 1
        frame = av.VideoFrame(video.width, video.height, "yuv420p10le")
        stored = (64 + 876 * y, 512 + 896 * u[::2, ::2], 512 + 896 * v[::2, ::2])
        for plane, values in zip(frame.planes, stored, strict=True):
            rows = np.zeros((plane.height, plane.line_size // 2), np.uint16)
            rows[:, : plane.width] = np.round(values)
            plane.update(rows.tobytes())
        frame.colorspace, frame.color_range = 9, 1
        for k in range(5):
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
def test_the_copy_of_hdr_has_the_colours_of_an_ordinary_screen(
    tmp_path: Path, transfer: str
) -> None:
    source = hdr(tmp_path / "a.mp4", transfer)
    picture = made(source, tmp_path / "b.mp4", timeline=(), people=()).pictures[2]
    for k, colour in enumerate(COLOURS):
        assert near(picture, (32 * k + 16, 32), colour, 20), colour
    assert near(picture, (32 * len(COLOURS) + 16, 32), (247, 247, 247), 9)


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
def test_lights_brighter_than_white_stay_below_full_white(tmp_path: Path, transfer: str) -> None:
    source = hdr(tmp_path / "a.mp4", transfer, peak=4)
    picture = made(source, tmp_path / "b.mp4", timeline=(), people=()).pictures[2]
    assert near(picture, (32 * len(COLOURS) + 16, 32), (253, 253, 253), 4)
    assert near(picture, (3 * 32 + 16, 32), (128, 128, 128), 8)


def test_progress_rises_to_the_length(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", grey(10), [k / 25 for k in range(10)])
    seen: list[tuple[float, float | None]] = []
    write_video(prediction(), source, tmp_path / "b.mp4", lambda a, b: seen.append((a, b)))
    assert [a for a, _ in seen] == pytest.approx([k / 25 for k in range(10)])
    assert {b for _, b in seen} == {12.0}


def test_a_clip_that_breaks_off_is_copied_up_to_there(tmp_path: Path) -> None:
    noise = list(np.random.default_rng(1).integers(0, 255, (50, 64, 96, 3), np.uint8))
    source = write_clip(tmp_path / "a.ts", noise, [k / 25 for k in range(50)], sound=tone(2))
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    copy = made(source, tmp_path / "b.mp4")
    assert 10 < len(copy.times) < 50
    assert len(copy.heard)


def test_what_cannot_be_annotated_leaves_nothing(tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "a.wav", tone(1), 16_000, "mono", "pcm_s16le")
    with pytest.raises(MediaError, match="no moving picture"):
        write_video(prediction(), sound, tmp_path / "b.mp4")
    with pytest.raises(MediaError, match="no such file"):
        write_video(prediction(), tmp_path / "gone.mp4", tmp_path / "b.mp4")
    source = write_clip(tmp_path / "a.mp4", grey(3), [0, 0.04, 0.08])
    with pytest.raises(OutputError, match=r"a\.wav/b\.mp4: cannot be written") as caught:
        write_video(prediction(), source, sound / "b.mp4")
    assert "\n" not in str(caught.value)
    assert {p.name for p in tmp_path.iterdir()} == {"a.wav", "a.mp4"}


def test_the_copy_may_replace_its_source(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", grey(5), [k / 25 for k in range(5)], sound=tone(0.2))
    assert len(made(source, source).times) == 5

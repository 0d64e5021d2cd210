"""Annotated copies, made from real clips and read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.errors import MediaError, OutputError
from mien.labels import EMOTIONS
from mien.report import write_video
from mien.report.drawing import annotate
from mien.report.palette import rgb
from tests.conftest import tone, write_clip, write_sound
from tests.report.sample import EIGHT, HOSTILE, SIZE, eight, nothing, prediction, sure

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

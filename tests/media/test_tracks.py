"""Files with several tracks: which are read, and how others are chosen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from mien.errors import MediaError, UsageError
from mien.media import TrackChoice, open_media
from mien.media.sound_pass import sound_pass
from mien.types import Reason
from tests.conftest import mux_sound, tone
from tests.media.clips import QUARTER, read, sound_of

PLAIN, DEFAULT = Disposition(0), Disposition.default


def clip(
    path: Path,
    sounds: list[tuple[float, Disposition, dict[str, str]]],
    pictures: list[tuple[np.ndarray, Disposition]] | None = None,
) -> Path:
    """Two seconds; sounds as (loudness, flags, metadata), pictures as (what is seen, flags)."""
    with av.open(str(path), "w") as out:
        videos = []
        for picture, flags in pictures or []:
            video = out.add_stream("libx264", rate=25)
            video.height, video.width = picture.shape[:2]
            video.pix_fmt, video.disposition = "yuv420p", flags
            videos.append((video, picture))
        audios = []
        for loudness, flags, words in sounds:
            audio = out.add_stream("aac", rate=48_000, layout="mono")
            audio.disposition = flags
            audio.metadata.update(words)
            audios.append((audio, loudness))
        for k in range(50):
            for video, picture in videos:
                frame = av.VideoFrame.from_ndarray(picture, "rgb24")
                frame.pts, frame.time_base = k, Fraction(1, 25)
                out.mux(video.encode(frame))
        for video, _ in videos:
            out.mux(video.encode(None))
        for audio, loudness in audios:
            mux_sound(out, audio, tone(2, 48_000) * np.float32(loudness), 48_000, "mono")
    return path


def level(path: Path, **options: object) -> float:
    """Of the sound that is read, as a part of `tone`'s."""
    return loudness(sound_of(path, **options)[1])


def loudness(sound: np.ndarray) -> float:
    return float(sound[8000:24_000].std() / tone(1).std())


def notes(problems: list[Reason]) -> list[str]:
    return [problem.message for problem in problems if problem.code == "tracks"]


def test_the_flagged_sound_is_read_and_the_answer_says_which(tmp_path: Path) -> None:
    words = {"language": "eng", "title": "Mic"}
    path = clip(tmp_path / "a.mkv", [(1.0, PLAIN, {}), (0.5, DEFAULT, words)])
    assert level(path) == pytest.approx(0.5, abs=0.05)
    media, _ = sound_of(path)
    first, second = media.info.tracks
    assert (first.number, first.default, first.read) == (1, False, False)
    assert (second.language, second.title, second.default, second.read) == (
        "eng",
        "Mic",
        True,
        True,
    )
    assert notes(media.problems) == [
        "of 2 sound tracks number 2 (eng, Mic) was read, the one flagged as default; "
        "audio_track chooses another"
    ]
    assert media.complete


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
def test_a_silent_track_is_passed_over(tmp_path: Path, name: str) -> None:
    """Whether flagged or not: recorders flag the first, and some all of them."""
    path = clip(tmp_path / name, [(0.0, DEFAULT, {}), (0.5, PLAIN, {})])
    assert level(path) == pytest.approx(0.5, abs=0.05)
    (note,) = notes(sound_of(path)[0].problems)
    assert "number 2" in note
    assert "the first that" in note


def test_of_silent_tracks_the_flagged_one_is_read(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", [(0.0, PLAIN, {}), (0.0, DEFAULT, {})])
    media, sound = sound_of(path)
    assert media.info.tracks[1].read
    assert not sound.any()


def test_a_commentary_comes_last(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", [(1.0, Disposition.comment, {}), (0.5, PLAIN, {})])
    assert level(path) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("number", [1, 2])
def test_a_track_that_is_asked_for_is_read(tmp_path: Path, number: int) -> None:
    path = clip(tmp_path / "a.mkv", [(1.0, PLAIN, {}), (0.5, DEFAULT, {})])
    choice = TrackChoice(audio=number)
    assert level(path, tracks=choice) == pytest.approx(1 / number, abs=0.05)
    assert not notes(sound_of(path, tracks=choice)[0].problems)
    heard = np.concatenate(list(sound_pass(path, choice)))
    assert loudness(heard) == pytest.approx(1 / number, abs=0.05)


def test_the_flagged_picture_is_read_and_an_empty_one_is_not(tmp_path: Path) -> None:
    wide, tall = np.tile(QUARTER, (1, 2, 1)), np.tile(QUARTER, (2, 1, 1))
    path = clip(tmp_path / "a.mkv", [], [(wide, PLAIN), (tall, DEFAULT)])
    media, frames, _, _ = read(path)
    assert frames[0].shape == tall.shape
    assert (media.info.width, media.info.height) == (96, 128)
    assert read(path, tracks=TrackChoice(video=1))[1][0].shape == wide.shape
    black = clip(tmp_path / "b.mkv", [], [(np.zeros_like(wide), DEFAULT), (tall, PLAIN)])
    media, frames, _, _ = read(black)
    assert frames[0].shape == tall.shape
    assert "the first that is not empty" in notes(media.problems)[0]


def test_a_track_that_ends_early_is_whole(tmp_path: Path) -> None:
    """Another one, which is not read, lasts longer."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("aac", rate=48_000, layout="mono") for _ in range(2)]
        for audio, seconds in zip(streams, (1, 9), strict=True):
            mux_sound(out, audio, tone(seconds, 48_000), 48_000, "mono")
    media, sound = sound_of(path)
    assert len(sound) == pytest.approx(16_000, abs=1000)
    assert media.complete


def test_what_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", [(1.0, PLAIN, {}), (0.5, DEFAULT, {})])
    for choice, words in (
        (TrackChoice(audio=3), "has sound tracks 1 to 2; there is no audio track 3"),
        (TrackChoice(video=1), "has no picture; there is no video track 1"),
        (TrackChoice(channel="right"), "has one channel; there is no channel right"),
        (TrackChoice(channel="2"), "has one channel; there is no channel 2"),
    ):
        with pytest.raises(MediaError, match=words):
            open_media(path, tracks=choice)
    for wrong in ({"audio": 0}, {"video": -1}, {"channel": "middle"}, {"channel": "0"}):
        with pytest.raises(UsageError):
            TrackChoice(**wrong)  # type: ignore[arg-type]

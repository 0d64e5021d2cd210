"""Files that people's tools made, each with the right value; made-up ones of a kind lie beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mien
from mien.media import TrackChoice
from mien.media.tracks import QUIET
from tests.media.clips import read, sound_of

pytestmark = pytest.mark.data


@pytest.fixture
def cases(data: Path) -> Path:
    if not (data / "cases").is_dir():
        pytest.skip(f"the cases are not at {data / 'cases'}")
    return data / "cases"


def test_the_speech_of_two_tracks_is_heard(cases: Path) -> None:
    path = cases / "obs_two_tracks.mkv"
    media, sound = sound_of(path)
    assert [(t.title, t.read) for t in media.info.tracks[1:]] == [("Desktop", False), ("Mic", True)]
    assert np.abs(sound).max() > 0.1
    silent = sound_of(path, tracks=TrackChoice(audio=1))[1]
    assert np.abs(silent).max() < QUIET
    assert mien.analyze(path).branches["voice"].present


def test_the_camera_of_two_pictures_is_seen(cases: Path) -> None:
    p = mien.analyze(cases / "two_videos.mkv")
    assert p.branches["face"].present
    assert p.source["read"]["video_track"] == 2
    assert not mien.analyze(cases / "two_videos.mkv", video_track=1).branches["face"].present


def test_opposite_phase_is_what_the_left_channel_alone_gives(cases: Path) -> None:
    path = cases / "out_of_phase.flac"
    both, left = mien.analyze(path), mien.analyze(path, channel="left")
    assert both.label == left.label is not None
    assert both.confidence == pytest.approx(left.confidence, abs=0.02)
    assert "opposite_phase" in {reason.code for reason in both.reasons}


def test_overlapping_sound_is_heard_to_its_end(cases: Path) -> None:
    media, sound = sound_of(cases / "overlapping_sound.mkv")
    assert len(sound) / 16_000 == pytest.approx(3.34, abs=0.01)
    assert [problem.code for problem in media.problems] == ["timestamps"]


def test_a_raw_stream_lasts_as_long_as_it_says(cases: Path) -> None:
    p = mien.analyze(cases / "raw15fps.h264")
    assert p.source["duration"] == pytest.approx(12.4)
    seen = [(person.start, person.end) for person in p.people]
    assert np.array(seen) == pytest.approx(np.array([(3.0, 6.1), (9.2, 12.3)]), abs=0.4)


def test_a_turned_phone_has_one_frame_of_reference(cases: Path) -> None:
    p = mien.analyze(cases / "turned_phone.webm")
    assert p.size == (320, 180)
    for person in p.people:
        assert person.boxes.min() >= 0
        assert (person.boxes <= (320, 180, 320, 180)).all()
    assert "picture_changes" in {reason.code for reason in p.reasons}
    media, frames, _, _ = read(cases / "turned_phone.webm", fps=1)
    assert {frame.shape for frame in frames} == {(180, 320, 3), (320, 569, 3)}
    assert media.complete

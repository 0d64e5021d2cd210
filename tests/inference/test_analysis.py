from __future__ import annotations

import json
import os
from pathlib import Path

import av
import cv2
import jsonschema
import numpy as np
import pytest

import mien
from mien.inference.analysis import chosen
from mien.media import open_media
from mien.output.answer_schema import json_schema
from mien.output.formats.rekognition import rekognition_result
from tests.conftest import numbered, tone, write_clip, write_sound
from tests.media_maker import changing, speaking

SCHEMA = json.loads(json_schema())


def check(p: mien.Prediction) -> dict:  # type: ignore[type-arg]
    answer = json.loads(json.dumps(p.to_dict(), allow_nan=False))
    jsonschema.validate(answer, SCHEMA)
    if p.probabilities is not None:
        assert sum(p.probabilities.values()) == pytest.approx(1)
        assert p.label == max(p.probabilities, key=lambda name: p.probabilities[name])
        assert p.confidence == max(p.probabilities.values())
    return answer


@pytest.fixture(scope="module")
def answer() -> mien.Prediction:
    return mien.analyze(mien.sample())


def test_the_sample_has_a_face_and_a_voice(answer: mien.Prediction) -> None:
    check(answer)
    assert answer.label == "neutral"
    assert answer.branches["face"].present
    assert answer.branches["voice"].present
    assert sum(say.weight for say in answer.branches.values()) == pytest.approx(1)
    assert answer.source["duration"] == pytest.approx(8, abs=0.1)
    assert answer.source["complete"]
    (person,) = answer.people
    assert (person.start, person.id) == (0.0, 1)
    assert person.thumbnail[:2] == b"\xff\xd8"
    assert [w.start for w in answer.timeline] == [k / 2 for k in range(13)]
    assert len(answer.key_frames) >= 4


def test_a_second_run_gives_the_same(answer: mien.Prediction) -> None:
    assert mien.analyze(mien.sample()).to_dict() == answer.to_dict()
    content = mien.sample().read_bytes()
    again = mien.analyze(content)
    assert again.probabilities == answer.probabilities
    assert again.source["path"] == "<bytes>"


def test_single_options_go_before_a_set_of_them() -> None:
    whole = mien.Options(window=4, people=1)
    one = mien.analyze(mien.sample(), window=4)
    assert [w.start for w in one.timeline] == [k / 2 for k in range(9)]
    assert mien.analyze(mien.sample(), options=whole) == one
    assert chosen(whole, window=1, max_side=640, fps=None) == mien.Options(
        window=1, people=1, max_side=640
    )
    assert chosen(None, fps=3) == mien.Options(fps=3)
    with pytest.raises(mien.UsageError, match="window"):
        mien.analyze(mien.sample(), window=0.7)


def test_a_file_object_has_the_answer_of_its_file(answer: mien.Prediction) -> None:
    with mien.sample().open("rb") as stream:
        stream.seek(1000)
        assert mien.analyze(stream) == answer
        assert stream.tell() == 1000
        assert mien.analyze(os.fspath(mien.sample())) == answer


def remux(source: Path, target: Path, keep: str) -> Path:
    """Copy only the picture ("video") or only the sound ("audio") of a file."""
    with av.open(str(source)) as given, av.open(str(target), "w") as out:
        stream = getattr(given.streams, keep)[0]
        copy = out.add_stream_from_template(stream)
        for packet in given.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
    return target


def test_a_muted_copy_answers_from_the_face_alone(tmp_path: Path, answer: mien.Prediction) -> None:
    p = mien.analyze(remux(mien.sample(), tmp_path / "muted.mp4", "video"))
    check(p)
    assert not p.branches["voice"].present
    assert p.branches["voice"].probabilities is None
    assert "no sound" in (p.branches["voice"].reason or "")
    assert p.probabilities == pytest.approx(p.branches["face"].probabilities)
    assert p.branches["face"].probabilities == answer.branches["face"].probabilities
    assert "no_sound" in [r.code for r in p.reasons]


def test_a_faceless_copy_answers_from_the_voice_alone(
    tmp_path: Path, answer: mien.Prediction
) -> None:
    p = mien.analyze(remux(mien.sample(), tmp_path / "sound.m4a", "audio"))
    check(p)
    assert p.people == ()
    assert not p.branches["face"].present
    assert p.probabilities == pytest.approx(p.branches["voice"].probabilities)
    assert p.branches["voice"].probabilities == pytest.approx(
        answer.branches["voice"].probabilities, abs=0.02
    )


def test_neither_face_nor_voice_is_a_null_answer_with_reasons(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "a.mp4", numbered(50), [k / 25 for k in range(50)], sound=tone(2) * 0
    )
    p = mien.analyze(path)
    result = check(p)
    assert result["label"] is None
    assert result["probabilities"] is None
    assert not p.reliable
    assert [r.code for r in p.reasons] == ["no_evidence", "no_face", "silent"]
    assert all(window.label is None for window in p.timeline)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_still_picture_has_an_answer(tmp_path: Path, name: str, portrait: np.ndarray) -> None:
    cv2.imwrite(str(tmp_path / name), portrait[:, :, ::-1])
    p = mien.analyze(tmp_path / name)
    check(p)
    assert p.label == "happy"
    assert len(p.timeline) == 1


def test_a_tenth_of_a_second_and_fifty_pixels(tmp_path: Path, portrait: np.ndarray) -> None:
    small = [cv2.resize(portrait, (50, 50))] * 3
    check(mien.analyze(write_clip(tmp_path / "a.mp4", small, [0.0, 0.04, 0.08])))
    check(mien.analyze(write_sound(tmp_path / "a.wav", tone(0.1), 16_000, "mono", "pcm_s16le")))


def test_two_people_side_by_side(tmp_path: Path, portrait: np.ndarray) -> None:
    frames = [np.concatenate([portrait, portrait[:, ::-1]], 1)] * 50
    path = write_clip(tmp_path / "two.mp4", frames, [k / 25 for k in range(50)])
    p = mien.analyze(path)
    check(p)
    assert [person.id for person in p.people] == [1, 2]
    assert len(mien.analyze(path, options=mien.Options(people=1)).people) == 1


def test_a_photograph_is_not_the_main_person_where_somebody_is_there(
    tmp_path: Path, portrait: np.ndarray
) -> None:
    noise, frames = np.random.default_rng(2).normal(0, 3, (4, 180, 480, 3)), []
    for k in range(40):
        face = speaking(portrait, k / 8)
        if k < 8:
            face[30:210, 140:310] = face[20, 20]  # comes later than the photograph
        both = np.concatenate([portrait[:, ::-1], face], 1)
        small = cv2.resize(both, (480, 180), interpolation=cv2.INTER_AREA) + noise[k % 4]
        frames.append(small.clip(0, 255).astype(np.uint8))
    p = mien.analyze(write_clip(tmp_path / "a.mp4", frames, [k / 8 for k in range(40)]))
    check(p)
    person, photograph = p.people
    assert photograph.start < person.start
    assert person.boxes[:, 0].min() > 240 > photograph.boxes[:, 2].max()
    assert p.branches["face"].probabilities == pytest.approx(person.probabilities)
    assert "still_face" in [reason.code for reason in p.reasons]
    still = [frames[0]] * 24
    alone = mien.analyze(write_clip(tmp_path / "b.mp4", still, [k / 8 for k in range(24)]))
    assert "still_face" not in [reason.code for reason in alone.reasons]


def test_boxes_are_in_pixels_of_the_original(tmp_path: Path, portrait: np.ndarray) -> None:
    large = cv2.resize(portrait, (1920, 1440))
    path = write_clip(tmp_path / "large.mp4", [large] * 10, [k / 5 for k in range(10)])
    full = mien.analyze(path)
    small = mien.analyze(path, options=mien.Options(max_side=640))
    np.testing.assert_allclose(full.people[0].boxes, small.people[0].boxes, atol=25)
    assert full.size == small.size == (1920, 1440)


def test_options_that_cannot_be_used_are_refused() -> None:
    for options in (
        {"fps": 0},
        {"window": 0.7},
        {"people": 0},
        {"window": -1},
        {"window": "1"},
        {"people": 1.5},
        {"max_side": 0},
        {"fps": [1]},
    ):
        with pytest.raises(mien.UsageError):
            mien.Options(**options)


def test_live_gives_answers_on_the_same_path() -> None:
    live = mien.Live()
    assert live.latest() is None
    with open_media(mien.sample()) as media:
        for chunk in media.chunks():
            for frame, time in zip(chunk.frames, chunk.times, strict=True):
                live.push_frame(frame, float(time))
            live.push_sound(chunk.sound, chunk.sound_start)
    last = live.latest()
    assert last is not None
    assert last.label == "happy"
    assert set(last.branches) == {"face", "voice"}
    with pytest.raises(mien.UsageError, match="comes after"):
        live.push_frame(np.zeros((4, 4, 3), np.uint8), 0.0)
    with pytest.raises(mien.UsageError, match="wanted uint8"):
        live.push_frame(np.zeros((4, 4, 3), np.float32), 99.0)


def pictures(path: Path, fps: float = 8, seconds: float = 3.5) -> list[np.ndarray]:
    """At a quarter of the size of 720p."""
    with open_media(path, fps=fps, max_side=640) as media:
        frames = [
            cv2.resize(np.asarray(frame), (320, 180), interpolation=cv2.INTER_AREA)
            for chunk in media.chunks()
            for frame in chunk.frames
        ]
    return frames[: round(fps * seconds)]


@pytest.mark.data
def test_real_people_are_no_photographs_and_photographs_of_them_are(
    tmp_path: Path, data: Path
) -> None:
    first, second = (
        pictures(data / "java_sed" / "video" / f"{name}.mp4")
        for name in ("01-01-01_01", "08-01-02_01")
    )
    count = min(len(first), len(second))
    for kind, left in (("photograph", [first[9]] * count), ("person", first)):
        both = [np.concatenate(pair, 1) for pair in zip(left, second, strict=False)]
        path = write_clip(tmp_path / f"{kind}.mp4", both, [k / 8 for k in range(count)])
        p = mien.analyze(path)
        assert len(p.people) == 2
        if kind == "photograph":
            assert p.people[0].boxes[:, 0].min() > 320
        else:
            assert "still_face" not in [reason.code for reason in p.reasons]


@pytest.mark.data
def test_every_real_clip_gives_a_result_or_one_clear_line(data: Path) -> None:
    paths = sorted(p for p in (data / "wild").rglob("*.*") if p.suffix not in (".csv", ".md"))
    assert len(paths) > 30
    lines: list[str] = []
    for path in paths:
        try:
            check(mien.analyze(path))
        except mien.MediaError as error:
            lines.append(str(error))
    assert all("\n" not in line and "/wild/" in line for line in lines)


def test_boxes_of_pictures_that_change_have_one_frame_of_reference(
    tmp_path: Path, portrait: np.ndarray
) -> None:
    """The phone is turned: what was 480x360 is 720x960 from 2 s on, with the same face."""
    tall = cv2.resize(portrait[:, 105:375], (720, 960))
    path = changing(tmp_path / "a.mkv", [portrait] * 10 + [tall] * 10)
    p = mien.analyze(path)
    answer = check(p)
    assert answer["size"] == [480, 360]
    (reason,) = [reason for reason in p.reasons if reason.code == "picture_changes"]
    assert reason.spans[0][0] == pytest.approx(2, abs=0.1)
    assert not {"small_face", "timestamps"} & {reason.code for reason in p.reasons}
    boxes = np.concatenate([person.boxes for person in p.people])
    times = np.concatenate([person.times for person in p.people])
    assert boxes.min() >= 0
    assert (boxes[:, 2:] <= (480, 360)).all()
    first, last = boxes[times < 1.5].mean(0), boxes[times > 2.5].mean(0)
    assert first == pytest.approx(last, abs=15)  # it was scaled by 8 / 3, and is fitted by 3 / 8
    assert rekognition_result(p)["VideoMetadata"] == {
        "DurationMillis": 4000,
        "FrameWidth": 480,
        "FrameHeight": 360,
    }


def test_a_call_whose_quality_goes_up_shows_one_person(
    tmp_path: Path, portrait: np.ndarray
) -> None:
    large = cv2.resize(portrait, (960, 720), interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(portrait, (120, 90), interpolation=cv2.INTER_AREA)
    p = mien.analyze(changing(tmp_path / "a.mkv", [small] * 10 + [portrait] * 10 + [large] * 10))
    (person,) = p.people
    assert (person.start, person.end) == (0, pytest.approx(5.8, abs=0.3))
    assert p.size == (120, 90)
    steady = person.boxes[3:-3]
    assert np.abs(steady - steady.mean(0)).max() < 6
    assert "small_face" not in {reason.code for reason in p.reasons}


def test_the_answer_says_what_was_read(tmp_path: Path) -> None:
    sound = np.stack([tone(1)[0], tone(1)[0] / 4])
    path = write_sound(tmp_path / "a.wav", sound, 16_000, "stereo", "pcm_s16le")
    read = {"video_track": None, "audio_track": 1, "channel": "mix"}
    assert check(mien.analyze(path))["source"]["read"] == read
    for given in ("right", 2):
        answer = check(mien.analyze(path, channel=given))
        assert answer["source"]["read"] == read | {"channel": str(given)}
        assert answer == check(mien.analyze(path, options=mien.Options(channel=given)))
    with pytest.raises(mien.MediaError, match="there is no audio track 2"):
        mien.analyze(path, audio_track=2)
    for wrong in ({"channel": "up"}, {"audio_track": 0}, {"video_track": -2}):
        with pytest.raises(mien.UsageError):
            mien.Options(**wrong)  # type: ignore[arg-type]

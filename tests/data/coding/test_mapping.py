from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from mien.data.coding import ClipNames, CodedStretch, Coding, mapped, parse_mapping, unmapped_words
from mien.labels import EMOTIONS


def stretch(label: str) -> CodedStretch:
    return CodedStretch("a", 0.0, 1.0, label)


def test_mapping_is_read_in_any_spelling() -> None:
    given = ["Joy=happy, rage = angry", "off  screen=", "joy=HAPPY"]
    assert parse_mapping(given) == {"joy": "happy", "rage": "angry", "off screen": ""}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["joy"], "--map joy: write old name = new name, as in joy=happy"),
        (["=happy"], "write old name"),
        (["joy=happy", "joy=surprise"], "'joy' is mapped to 'happy' already"),
    ],
)
def test_mappings_that_are_none(texts: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_mapping(texts)


def test_two_names_for_a_label_become_one_and_no_label_is_left_out() -> None:
    given = map(stretch, ["joy", "happy", "off", "sad"])
    found = mapped(given, {"joy": "happy", "off": "", "rage": "angry"})
    assert [s.label for s in found] == ["happy", "happy", "sad"]


def test_unmapped_labels_are_counted_and_listed() -> None:
    stretches = tuple(map(stretch, ["sad", "suprise", "bored", "bored"]))
    counts = Coding(Path("a.csv"), stretches, ("",)).unmapped(EMOTIONS)
    assert counts == {"bored": 2, "suprise": 1}
    words = unmapped_words(counts, EMOTIONS)
    assert "'bored' (2), 'suprise' (1; is it 'surprise'?)" in words
    assert "--map 'bored=angry'" in words


CLIPS = ["films/interview.mp4", "films/interview_2.mp4", "a/take.wav", "b/take.wav"]


@pytest.mark.parametrize(
    ("name", "clip", "rest"),
    [
        ("films/interview.mp4", "films/interview.mp4", ""),
        ("C:\\data\\Interview.MP4", "films/interview.mp4", ""),
        ("interview", "films/interview.mp4", ""),
        ("interview.mov", "films/interview.mp4", ""),
        ("interview_anna", "films/interview.mp4", "anna"),
        ("interview_2-ben", "films/interview_2.mp4", "ben"),
        ("interview.mp4 - anna", "films/interview.mp4", "anna"),
        ("interviews", None, ""),
        ("take.wav", None, ""),
        ("b/take.wav", "b/take.wav", ""),
        ("other.mp4", None, ""),
        ("", None, ""),
    ],
)
def test_clips_are_found_by_what_codings_call_them(name: str, clip: str | None, rest: str) -> None:
    assert ClipNames(CLIPS).find(name) == (clip, rest)

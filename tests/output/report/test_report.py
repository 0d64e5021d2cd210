from __future__ import annotations

import csv
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import av
import numpy as np
import pytest

import mien
from mien.output.report import WRITERS
from mien.output.report.cells import window_at
from mien.output.report.drawing import annotate, box_at
from mien.types import Prediction
from tests.conftest import numbered, tone, write_clip


@pytest.fixture(scope="module")
def answer() -> Prediction:
    return mien.analyze(mien.sample())


def write(kind: str, p: Prediction, path: Path) -> Path:
    WRITERS[kind].write(p, mien.sample(), path)
    return path


class Page(HTMLParser):
    """Collects every address a page refers to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href", "action", "data")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_holds_everything_and_refers_to_nothing(
    tmp_path: Path, answer: Prediction
) -> None:
    page = Page(write("html", answer, tmp_path / "a.html").read_text())
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert len(page.addresses) == len(answer.key_frames) + 2
    assert "script" not in page.tags
    text = " ".join(page.words)
    for words in ("happy", "Person 1 (main)", "Key frames", "not what people feel"):
        assert words in text


def test_a_hostile_name_stays_text(tmp_path: Path, answer: Prediction) -> None:
    name = "<script>alert(1)</script>\"'&.mp4"
    hostile = replace(answer, source={**answer.source, "path": name})
    page = Page(write("html", hostile, tmp_path / "a.html").read_text())
    assert "script" not in page.tags
    assert any("<script>alert(1)" in word for word in page.words)


def test_an_answer_without_evidence_has_a_page(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", numbered(30), [k / 25 for k in range(30)])
    p = mien.analyze(clip)
    page = " ".join(Page(write("html", p, tmp_path / "a.html").read_text()).words)
    assert "No answer" in page
    assert "No faces were found" in page


def test_an_hour_is_still_a_small_page(tmp_path: Path, answer: Prediction) -> None:
    windows = tuple(
        replace(answer.timeline[k % 13], start=k / 2, end=k / 2 + 2) for k in range(7200)
    )
    hour = replace(answer, timeline=windows, source={**answer.source, "duration": 3601.5})
    assert write("html", hour, tmp_path / "a.html").stat().st_size < 1.5e6


def test_subtitle_times_are_those_of_the_format(tmp_path: Path, answer: Prediction) -> None:
    text = write("srt", answer, tmp_path / "a.srt").read_text()
    assert re.match(r"1\n00:00:00,000 --> 00:00:0\d,\d{3}\n\w+ \(\d+%(, uncertain)?\)\n", text)


def test_tables_agree(tmp_path: Path, answer: Prediction) -> None:
    from pyarrow import parquet

    with write("csv", answer, tmp_path / "a.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    table = parquet.read_table(write("parquet", answer, tmp_path / "a.parquet")).to_pylist()
    assert list(rows[0]) == list(table[0])
    assert [float(r["face_happy"]) for r in rows] == [r["face_happy"] for r in table]
    assert [r["label"] for r in rows] == [r["label"] for r in table]


@pytest.mark.parametrize("kind", list(WRITERS))
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(
    kind: str, tmp_path: Path, answer: Prediction
) -> None:
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "out"
    with pytest.raises(mien.OutputError, match="cannot be written") as caught:
        write(kind, answer, target)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_annotated_copy_keeps_times_and_sound(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.1, 0.3, 0.34, 0.9, 1.0]
    clip = write_clip(tmp_path / "a.mp4", numbered(7, (97 * 2, 64)), times, sound=tone(1.2))
    p = mien.analyze(clip)
    WRITERS["video"].write(p, clip, tmp_path / "b.mp4")
    with av.open(str(tmp_path / "b.mp4")) as copy:
        seen, heard = [], 0
        for frame in copy.decode():
            if isinstance(frame, av.VideoFrame):
                seen.append(float(frame.time or 0))
            else:
                heard += frame.samples
        assert copy.streams.video[0].codec_context.name == "h264"
    assert seen == pytest.approx(times, abs=2e-3)
    assert heard / 16_000 == pytest.approx(1.2, abs=0.15)


def test_sound_alone_has_no_annotated_copy(tmp_path: Path) -> None:
    from tests.conftest import write_sound

    path = write_sound(tmp_path / "a.wav", tone(1), 16_000, "mono", "pcm_s16le")
    with pytest.raises(mien.MediaError, match="no moving picture"):
        WRITERS["video"].write(mien.analyze(path), path, tmp_path / "b.mp4")


def test_boxes_and_bars_are_drawn_while_the_person_is_seen(
    answer: Prediction, portrait: np.ndarray
) -> None:
    drawn = annotate(portrait, answer, 0.0)
    x0, y0, _, y1 = answer.people[0].boxes[0].round().astype(int)
    edge = np.abs(drawn[y0 + 20 : y1 - 5, x0].astype(int) - portrait[y0 + 20 : y1 - 5, x0]).mean()
    assert edge > 20
    assert not np.array_equal(drawn[:40, :60], portrait[:40, :60])
    assert box_at(answer.people[0], 100.0) is None


def test_between_two_sights_a_box_moves_evenly(answer: Prediction) -> None:
    person = answer.people[0]
    middle = (person.times[3] + person.times[4]) / 2
    expected = (person.boxes[3] + person.boxes[4]) / 2
    np.testing.assert_allclose(box_at(person, float(middle)), expected, atol=1e-3)


def test_the_window_at_a_time_is_the_one_around_it(answer: Prediction) -> None:
    window = window_at(answer.timeline, 3.0)
    assert window is not None
    assert window.start == 2.0
    assert window_at((), 1.0) is None

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from mien.labels import EMOTIONS
from mien.output.report import write_html
from mien.output.report.cells import Cell, Run
from mien.output.report.chart import axis, clock, lane, stacked
from mien.output.report.html import page
from mien.output.report.palette import colours
from mien.types import Prediction, Reason
from tests.output.report.sample import (
    EIGHT,
    FIVE,
    HOSTILE,
    eight,
    nothing,
    person,
    prediction,
    span,
    speaking,
    sure,
)

VOID = {"meta", "img", "br", "link", "input", "wbr"}


class Page(HTMLParser):
    """Checks that tags close in order, and keeps attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data + " "

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.seen if name == tag]


def refers_to_nothing(text: str) -> None:
    found = Page(text)
    for tag, attrs in found.seen:
        assert tag not in {"script", "link", "iframe", "object", "video", "audio", "a", "base"}
        assert not any(name.startswith("on") for name in attrs)
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            assert attrs.get(name, "data:image/jpeg;base64,").startswith("data:image/jpeg;base64,")
    text = re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]*", "", text)
    assert not re.search(r"https?://|//[a-z]|@import|url\(", text)


def test_the_page_says_who_speaks_and_what_their_voice_shows() -> None:
    text = page(speaking())
    assert "speaks 2.0 s, voice fear 70%, face and voice sad 70%" in text
    assert "a dark line below while the person speaks" in text
    assert "a dark line below" not in page(prediction())


def test_nothing_is_drawn_over_a_gap() -> None:
    values = {"happy": 0.6, "sad": 0.4}
    ends = ((0, 1), (1, 2), (5, 6))
    drawing = stacked([Cell(a, b, values) for a, b in ends], 6.0, ("happy", "sad"))
    polygons = re.findall(r'points="([^"]+)"', drawing)
    borders = [[float(point.split(",")[0]) for point in each.split()] for each in polygons]
    assert [(min(xs), max(xs)) for xs in borders] == [(0, 333.3)] * 2 + [(833.3, 1000)] * 2


def test_speech_underlines_the_strip_of_who_speaks() -> None:
    drawing = lane([Run(0, 4, "happy", 0.7)], 4.0, "person 1", ("happy",), [(1.0, 2.0)])
    assert 'x="250" y="19" width="250" height="5" class="speech"' in drawing
    assert "speaks for 1.0 s" in drawing
    assert "speech" not in lane([Run(0, 4, "happy", 0.7)], 4.0, "person 1", ("happy",))


@pytest.mark.parametrize("p", [prediction(), nothing(), eight(), eight(HOSTILE, HOSTILE)],
                         ids=["full", "null", "eight", "hostile"])  # fmt: skip
def test_the_page_is_well_formed_and_refers_to_nothing(p: Prediction, tmp_path: Path) -> None:
    write_html(p, tmp_path / "a.html")
    refers_to_nothing((tmp_path / "a.html").read_text("utf-8"))


def test_it_says_what_was_found() -> None:
    found = Page(page(prediction()))
    for words in ("happy", "60% confidence", "reliable", "face only", "voice only", "weight 55%",
                  "Person 1", "Person 2", "1.9 s – 6.1 s, 7.9 s – 12 s", "a.mp4", "12 s",
                  "640 × 360", "mien-small-1", "not what people feel"):  # fmt: skip
        assert words in found.words, words
    assert "uncertain" not in found.words


def test_pictures_have_text_in_their_place() -> None:
    found = Page(page(prediction()))
    assert all("alt" in attrs for attrs in found.all("img"))
    drawings = found.all("svg")
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in drawings)
    labels = [attrs["aria-label"] for attrs in drawings]
    assert "fused: happy from 0 s to 4.75 s; sad from 4.75 s to 12 s" in labels
    assert "person 2: angry from 1.9 s to 6.1 s; angry from 7.9 s to 12 s" in labels
    assert len(found.all("table")) == 4  # bars, the timeline, two people


def test_a_null_answer_says_why() -> None:
    found = Page(page(nothing()))
    for words in ("No answer", "no face found in 60 pictures", "the sound is silent (12.0 s)",
                  "Nothing to go by at any time", "incomplete", "uncertain"):  # fmt: skip
        assert words in found.words, words
    assert "%" not in found.words
    assert "Key frames" not in found.words


def test_a_branch_that_is_absent_says_why() -> None:
    p = prediction()
    p = replace(p, branches={**p.branches, "voice": nothing().branches["voice"]},
                timeline=tuple(replace(s, branches={"face": s.branches["face"], "voice": None})
                               for s in p.timeline))  # fmt: skip
    found = Page(page(p))
    assert "absent: the sound is silent (12.0 s)" in found.words
    assert "–" in found.words


def test_names_and_messages_stay_text() -> None:
    evil = "<script>alert('x')</script>\"&${version}\n.mp4"
    hostile = replace(
        prediction(f"/clips/{evil.replace('/', '_')}\udcff"),
        reasons=(Reason("damaged", evil),),
        model={"name": evil, "sha256": "cd" * 32},
        reliable=False,
    )
    text = page(hostile)
    found = Page(text)
    assert {tag for tag, _ in found.seen}.isdisjoint({"script"})
    assert found.words.count("alert('x')") == 5  # title, heading, file, model, reason
    assert "${version}" in found.words
    text.encode("utf-8")


@pytest.mark.parametrize(
    "change",
    [{"timeline": ()}, {"people": ()}, {"key_frames": ()}, {"size": (0, 0), "people": ()}],
    ids=["no windows", "nobody", "no pictures", "sound only"],
)
def test_parts_can_be_missing(change: dict[str, object]) -> None:
    p = replace(prediction(), **change)  # type: ignore[arg-type]
    refers_to_nothing(page(p))


def test_other_key_frames_can_be_given() -> None:
    count = len(Page(page(prediction())).all("figure"))
    assert count == 2
    assert not Page(page(prediction(), key_frames=())).all("figure")
    broken = replace(prediction().key_frames[0], jpeg=b"no picture")
    assert len(Page(page(prediction(), key_frames=[broken])).all("figure")) == 1


def test_an_hour_and_many_people_stay_small() -> None:
    random = np.random.default_rng(3)
    rows = random.dirichlet(np.ones(7), (7200, 2))
    windows = tuple(
        span(k / 2, EMOTIONS.by_name(a), EMOTIONS.by_name(b)) for k, (a, b) in enumerate(rows)
    )
    people = tuple(
        replace(person(1 + k, np.sort(random.uniform(0, 3600, 3000)), 10, "sad"), timeline=windows)
        for k in range(30)
    )
    hour = replace(
        prediction(),
        source={**prediction().source, "duration": 3601.5},
        timeline=windows,
        people=people,
    )
    text = page(hour)
    assert len(text) < 1_500_000
    refers_to_nothing(text)


def test_numbers_of_the_first_chart() -> None:
    two = (span(0, sure("angry", 1.0), None), span(2, sure("surprise", 1.0), None))
    p = replace(prediction(), timeline=two, source={**prediction().source, "duration": 4.0})
    text = page(p)
    angry = next(a for a in Page(text).all("polygon") if a["class"] == "c0")
    # level to the middle of the first window, then down to nothing at that of the second
    upper = angry["points"].split()[:4]
    assert upper == ["0,0", "250,0", "750,200", "1000,200"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1, "0.1 s"), (12.5, "12.5 s"), (0, "0 s"), (59.96, "1:00"), (65, "1:05"),
     (3605, "1:00:05")],
)  # fmt: skip
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize("seconds", [0.0, 0.1, 1.0, 12.0, 59.0, 600.0, 3601.5, 90_000.0])
def test_an_axis_has_a_few_ticks(seconds: float) -> None:
    marks = re.findall(r'left:([\d.]+)%">', axis(seconds))
    assert 1 <= len(marks) <= 14
    assert marks[0] == "0.00"
    assert all(0 <= float(mark) <= 100 for mark in marks)


def styles(text: str) -> dict[str, str]:
    """{class: its colour}."""
    return dict(re.findall(r"\.(c\d+)\{fill:(.*?);background:\2\}", text))


def test_the_seven_have_their_colours() -> None:
    names = [f"var(--{name})" for name in EMOTIONS.names]
    assert list(styles(page(prediction())).values()) == names
    assert "--angry:#d6452f;" in page(prediction())


def test_another_bundle_has_its_labels_and_branches_throughout() -> None:
    p = eight()
    text = page(p)
    found = Page(text)
    assert styles(text)["c0"] == "var(--neutral)"
    assert styles(text)["c1"] == colours(EIGHT)["calm"]
    assert len(styles(text)) == 8
    assert [a["class"] for a in found.all("polygon")] == [f"c{k}" for k in range(8)]
    plain = re.sub(r"_ ", "_", found.words)  # a name may break after an underscore
    for words in ("calm", "all 5 branches", "Each branch alone", *(f"{b} only" for b in FIVE),
                  "absent: no face found in 60 pictures"):  # fmt: skip
        assert words in plain, words
    assert "weight" not in found.words
    assert "seven" not in text
    assert len(found.all("table")) == 4  # fused, the branches, the timeline, a person
    drawings = {a["aria-label"].split(":")[0] for a in found.all("svg")}
    assert {"fused", "vgg", "vgg_blstm", "is10", "audio_maps", "person 1"} <= drawings


def test_two_branches_stand_beside_the_answer() -> None:
    found = Page(page(eight(branches=("vgg", "is10"))))
    assert "both branches" in found.words
    assert "Each branch alone" not in found.words


def test_one_branch_has_no_together() -> None:
    p = eight(branches=("is10",))
    found = Page(page(p))
    assert "branches" not in found.words
    assert len(found.all("table")) == 3


def test_a_bundle_without_a_face_branch_looks_for_no_people() -> None:
    p = replace(eight(), people=())
    assert "No faces were found" in Page(page(p)).words
    why = Reason("no_face_branch", "the model has no face branch")
    assert "People" not in Page(page(replace(p, reasons=(why,)))).words


def test_names_of_a_bundle_stay_text() -> None:
    p = eight(HOSTILE, HOSTILE)
    text = page(p)
    found = Page(text)
    assert {"script", "b "}.isdisjoint({tag for tag, _ in found.seen})
    style = text[text.index("<style>") : text.index("</style>")]
    assert all(name not in style for name in HOSTILE if name != "start")
    assert text.count("</style>") == 1
    for name in HOSTILE:
        assert " ".join(name.split()) in " ".join(found.words.split()), name
    labels = [a["aria-label"] for a in found.all("svg")]
    assert any(label.startswith('a "quoted" name: ') for label in labels)


def test_without_evidence_a_bundle_of_other_branches_says_so() -> None:
    p = replace(nothing(), branches={"is10": nothing().branches["voice"]}, labels=EIGHT, reasons=())
    found = Page(page(p))
    assert "nothing to go by" in found.words
    assert "neither" not in found.words

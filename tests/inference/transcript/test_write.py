from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mien
from mien.cli.app import app
from mien.errors import UsageError
from mien.inference.transcript.cues import Cue
from mien.inference.transcript.html import lines_page
from mien.inference.transcript.read import read_transcript
from mien.inference.transcript.result import Lines, lines_from_dict, lines_schema
from mien.inference.transcript.write import SUFFIXES, write_lines
from tests.inference.transcript.conftest import Sample


def test_json_is_what_the_schema_says_and_comes_back(four: Lines, tmp_path: Path) -> None:
    write_lines(four, "json", tmp_path / "a.json")
    told = json.loads((tmp_path / "a.json").read_text("utf-8"))
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(json.loads(lines_schema())).validate(told)
    assert lines_from_dict(told).to_dict() == four.to_dict() == told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "schema"),
        ({"lines": [{"number": 1}]}, "lines"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_no_lines_is_one_line(four: Lines, change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=f"not the lines of mien, version 1: .*{said}"):
        lines_from_dict({**four.to_dict(), **change})


def test_a_row_of_the_table_for_each_line(four: Lines, tmp_path: Path) -> None:
    write_lines(four, "csv", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["text"] for row in rows] == [line.text for line in four.lines]
    for row, line in zip(rows, four.lines, strict=True):
        assert row["label"] == (line.label or "")
        assert (row["reliable"] == "true") == line.reliable
        assert row["reasons"].split() == [reason.code for reason in line.reasons]
        if line.probabilities is not None:
            shares = [float(row[name]) for name in four.labels]
            assert shares == pytest.approx(list(line.probabilities.values()), abs=1e-6)
    assert rows[-1]["confidence"] == ""


def test_the_table_is_a_transcript_too(four: Lines, tmp_path: Path) -> None:
    write_lines(four, "csv", tmp_path / "a.csv")
    again = read_transcript(tmp_path / "a.csv").cues
    assert [(c.start, c.end, c.text, c.speaker) for c in again] == [
        (line.start, line.end, line.text, line.speaker) for line in four.lines
    ]


def test_subtitles_have_the_label_before_the_text(four: Lines, tmp_path: Path) -> None:
    write_lines(four, "srt", tmp_path / "a.srt")
    again = read_transcript(tmp_path / "a.srt").cues
    assert len(again) == 4
    first, line = again[0].text, four.lines[0]
    mark = "" if line.reliable else "?"
    head = f"[{line.label} {line.confidence:.0%}{mark}]"
    assert first == f"{head} Anna: I heard ‹b›you‹/b›, & said so."
    assert again[-1].text == "Ben: Anybody there?"


def test_elan_reads_two_tiers_a_speaker(sample: Sample, tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi.Elan")
    found = sample.lines(
        Cue(0, 3, "one", "Anna"), Cue(1, 2, "two", "Anna"), Cue(3, 3, "three", "Ben")
    )
    write_lines(found, "eaf", tmp_path / "a.eaf")
    tiers = elan.Eaf(str(tmp_path / "a.eaf"))
    assert list(tiers.tiers) == [
        *("Anna", "Anna, emotion", "Anna 2", "Anna 2, emotion"),
        *("Ben", "Ben, emotion"),
    ]
    assert tiers.get_annotation_data_for_tier("Anna") == [(0, 3000, "one")]
    label = found.lines[0].label
    assert tiers.get_annotation_data_for_tier("Anna, emotion") == [(0, 3000, label)]
    assert tiers.get_annotation_data_for_tier("Ben") == [(3000, 3040, "three")]
    assert tiers.get_annotation_data_for_tier("Ben, emotion") == []


class _Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_has_every_line_and_escapes_what_is_from_outside(four: Lines) -> None:
    text = lines_page(four, "clip%20one.mp4")
    page = _Page(text)
    rows = [found for tag, found in page.tags if tag == "li" and found.get("data-start")]
    assert [row["data-label"] for row in rows] == [line.label or "" for line in four.lines]
    for line in four.lines:
        assert line.text in page.text
    assert "<b>you</b>" not in text
    (video,) = [found for tag, found in page.tags if tag == "video"]
    assert video["src"] == "clip%20one.mp4"
    assert not re.search(r"\$[a-z]", text), "a place that nothing was put in"


def test_the_page_lets_its_own_script_run_and_no_other(four: Lines) -> None:
    text = lines_page(four, "clip.mp4")
    script = text[text.index("<script>") + 8 : text.index("</script>")]
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert text.count("<script") == 1


def test_the_page_finds_the_clip_from_where_it_is(four: Lines, tmp_path: Path) -> None:
    clip = tmp_path / "clips" / "a clip.mp4"
    (tmp_path / "out").mkdir()
    write_lines(four, "html", tmp_path / "out" / "a.html", clip)
    page = _Page((tmp_path / "out" / "a.html").read_text("utf-8"))
    assert tuple(str(found["src"]) for tag, found in page.tags if tag == "video") == (
        "../clips/a%20clip.mp4",
    )


SRT = "1\n00:00:00,000 --> 00:00:03,000\nANNA: Hello\n\n2\n00:00:04,000 --> 00:00:20,000\nyou\n"


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(mien.sample(), "clip.mp4")
    Path("clip.srt").write_text(SRT, "utf-8")
    forms = [f"--{name}" for name in SUFFIXES]
    done = CliRunner().invoke(app, ["lines", "clip.mp4", "clip.srt", "--out", "out", *forms])
    assert done.exit_code == 0, done.output
    assert "Hello" in done.stdout
    assert {path.name for path in Path("out").iterdir()} == {
        f"clip.mp4{suffix}" for suffix in SUFFIXES.values()
    }
    page = Path("out/clip.mp4.lines.html").read_text("utf-8")
    assert 'src="../clip.mp4"' in page


def test_the_command_prints_json_alone(tmp_path: Path) -> None:
    (tmp_path / "clip.srt").write_text(SRT, "utf-8")
    arguments = ["lines", str(mien.sample()), str(tmp_path / "clip.srt"), "--json"]
    done = CliRunner().invoke(app, arguments)
    found = lines_from_dict(json.loads(done.stdout))
    assert [line.text for line in found.lines] == ["Hello", "you"]
    assert found.lines[1].reasons[0].code == "mostly_outside"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x.mp4", "clip.srt"], "x.mp4: no such file"),
        (["clip.mp4", "x.srt"], "x.srt: no such file"),
        (["clip.mp4"], "has no subtitles of text inside"),
        (["clip.mp4", "clip.srt", "--html"], "--html: needs a folder"),
        (["clip.srt", "clip.mp4"], "is not text"),
        (["clip.mp4", "clip.srt", "--encoding", "x"], "--encoding x"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(mien.sample(), "clip.mp4")
    Path("clip.srt").write_text(SRT, "utf-8")
    done = CliRunner().invoke(app, ["lines", *arguments])
    assert done.exit_code
    assert said in str(done.exception)

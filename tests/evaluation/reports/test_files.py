from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mien.errors import OutputError, UsageError
from mien.evaluation.reports import Report, build_report, compare, read_report, write_report
from mien.evaluation.reports.html import page
from mien.evaluation.reports.markdown import markdown
from mien.evaluation.reports.result import Cost, Document
from mien.output.report.palette import colours
from tests.evaluation.reports.tables import THREE, stored, table
from tests.output.report.test_html import Page, refers_to_nothing

NASTY = "<b>|`x`</b>"


def sample(stamp: str = "", title: str = "run", seeds: int = 1) -> Report:
    given = table(
        [0, 0, 0, 2, 2, 2],
        {"a": [0, 0, 1, 2, 2, 0] * seeds, "b": [0, None, 1, 0, 2, None] * seeds},
        seeds=seeds,
        fold=[0, 0, 0, 1, 1, 1],
    )
    return build_report(
        given,
        title=title,
        stamp=stamp,
        facts={"recipe": "face_lstm", "date": "2026-11-21", "hardware": "x86_64"},
        costs={"a": Cost(0.0123, 4.5)},
        alterations={"muted": table([0, 0, 0, 2, 2, 2], {"b": [None] * 6})},
    )


def test_three_files_and_the_data_can_be_read_again(tmp_path: Path) -> None:
    report = sample(seeds=2)
    files = write_report(report, tmp_path / "deep" / "er")
    assert [f.name for f in files] == ["report.json", "report.html", "report.md"]
    assert sorted(f.name for f in files[0].parent.iterdir()) == sorted(f.name for f in files)
    read = read_report(files[0])
    assert read == Document("run", (report,))
    text = files[0].read_text()
    assert "NaN" not in text
    assert json.loads(text)["reports"][0]["systems"][0]["classes"][1]["recall"] is None


def test_the_page_is_whole_and_refers_to_nothing() -> None:
    text = page(Document("run", (sample(),)))
    refers_to_nothing(text)
    found = Page(text)
    assert len([s for s in found.all("svg") if s["class"] == "plot"]) == 2 * 4
    assert all(s["aria-label"] for s in found.all("svg"))
    for said in ("6 clips", "2 speakers", "2 test folds", "1 seed", "face_lstm", "2026-11-21"):
        assert said in found.words, said
    assert "none of these clips" in found.words
    assert "nan" not in re.sub(r"<style>.*</style>", "", text, flags=re.S).lower()
    assert "0.0123" in found.words
    assert len([s for s in found.all("svg") if s["class"] == "whiskers"]) == 2 + 1
    assert "†" not in found.words


def test_labels_of_ones_own_have_colours() -> None:
    text = page(Document("run", (sample(),)))
    for name in ("no", "yes"):  # none of the clips is "perhaps"
        assert text.count(f'fill="{colours(THREE.names)[name]}"') == 2


def test_the_stamp_stands_beside_every_number() -> None:
    document = Document("run", (sample("tuned on report"),))
    found = Page(page(document))
    for text in (found.words, markdown(document)):
        assert "tuned on report" in text
    # every figure with a per cent sign that is a score carries the mark
    table_part = markdown(document).split("Systems compared")[0].splitlines()
    for row in [line for line in table_part if re.match(r"\| [ab] \|", line)]:
        cells = [c.strip() for c in row.strip("|").split("|")]
        assert all(c.endswith("†") for c in cells[3:9] + cells[10:12]), row
    pictures = page(document).split("<svg")[1:]
    plots = [p for p in pictures if 'class="plot"' in p]
    assert all("tuned on report" in p for p in plots)
    assert "†" not in markdown(Document("run", (sample(),)))


def test_what_others_named_is_escaped(tmp_path: Path) -> None:
    report = sample(title=NASTY)
    systems = tuple(replace(one, name=NASTY + one.name) for one in report.systems)
    report = replace(report, systems=systems, facts={NASTY: NASTY}, stamp=NASTY)
    text = page(Document(NASTY, (report,)))
    refers_to_nothing(text)
    assert not Page(text).all("code")
    assert NASTY not in text
    for line in markdown(Document(NASTY, (report,))).split("### Confusion")[0].splitlines():
        assert "<b>" not in line.replace("\\<b", "")
    write_report(report, tmp_path)


def test_several_runs_with_their_comparison(tmp_path: Path) -> None:
    tables = {"voice": stored("voice_java_sed"), "again": stored("voice_java_sed")}
    reports = [build_report(t, title=name) for name, t in tables.items()]
    write_report(reports, tmp_path, compare(tables))
    read = read_report(tmp_path / "report.json")
    assert read.title == "voice, again"
    (pair,) = read.comparisons
    assert (pair.p, pair.difference) == (1, 0)
    words = Page((tmp_path / "report.html").read_text()).words
    assert "voice: voice" in words
    assert "again: voice" in words
    assert "| voice: voice | again: voice |" in (tmp_path / "report.md").read_text()


def test_a_folder_that_cannot_be_and_a_file_that_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    with pytest.raises(OutputError, match="cannot be made"):
        write_report(sample(), tmp_path / "file")
    with pytest.raises(UsageError, match="not a report, at title"):
        read_report(tmp_path / "file")
    with pytest.raises(UsageError, match="cannot be read"):
        read_report(tmp_path / "none.json")
    text = write_report(sample(), tmp_path)[0].read_text()
    (tmp_path / "old.json").write_text(text.replace('"format": 1', '"format": 0'))
    with pytest.raises(UsageError, match=r"another version of mien .format 0"):
        read_report(tmp_path / "old.json")

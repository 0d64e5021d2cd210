"""Rows that cannot be used are left out, each with its place and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mien.data.coding import read_coding
from tests.data.coding import files


def problems(path: Path, text: str) -> tuple[int, list[str]]:
    path.write_text(text, "utf-8")
    coding = read_coding(path)
    return len(coding.stretches), [problem.message for problem in coding.problems]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("4,1,joy", "ends at 1 s, before it starts at 4 s"),
        ("4,4,joy", "is a point at 4 s and not a stretch"),
        ("soon,4,joy", "'soon' is not a number"),
        ("-1,4,joy", "'-1' is not a time in seconds"),
        ("1,nan,joy,7", "more cells than columns; where commas are decimal"),
        ("1,2e9,joy", "'2e9' is not a time in seconds"),
    ],
)
def test_rows_of_plain_tables(tmp_path: Path, row: str, what: str) -> None:
    text = f"start,end,label\n1,2,joy\n{row}\n3,4,sad\n"
    count, (message,) = problems(tmp_path / "a.csv", text)
    assert count == 2
    assert message.startswith(f"{tmp_path / 'a.csv'}: line 3: ")
    assert what in message


def test_events_without_their_other_half(tmp_path: Path) -> None:
    text = files.tabular(
        ("1.000", "", "joy", "START"), ("2.000", "", "joy", "START"), ("4.000", "", "joy", "STOP"),
        ("5.000", "", "sad", "STOP"), ("6.000", "", "fear", "START"), ("7.0", "", "nod", "POINT"),
        ("8.000", "", "anger", "PAUSE"),
    )  # fmt: skip
    count, found = problems(tmp_path / "a.csv", text)
    assert count == 1
    wanted = (
        "status 'pause' is none of START, STOP, POINT",
        "'joy' starts while it is on already",
        "'sad' stops without a start",
        "'nod' is a point in time; code it as a state",
        "'fear' starts and never stops",
    )
    assert len(found) == len(wanted)
    for text, message in zip(wanted, found, strict=True):
        assert message.endswith(text) or text in message


def test_aggregated_states_that_are_none(tmp_path: Path) -> None:
    text = files.aggregated(("joy", "", "1", "NA"), ("joy", "", "3", "2"), ("joy", "", "3", "4"))
    count, found = problems(tmp_path / "a.tsv", text)
    assert count == 1
    assert "starts and never stops" in found[0]
    assert "ends at 2 s, before it starts at 3 s" in found[1]


def test_observations_of_several_files_have_no_place_in_a_table(tmp_path: Path) -> None:
    text = files.aggregated(("joy", "", "1", "2"))
    text += files.aggregated(("joy", "", "200", "210"), media="second.mp4").splitlines()[1] + "\n"
    count, (message,) = problems(tmp_path / "a.tsv", text)
    assert count == 0
    assert "observation 'first' has several media files; give the project file" in message


def test_projects_with_odd_observations(tmp_path: Path) -> None:
    live = read_coding(files.project(tmp_path / "a.boris", file=[]))
    assert not live.stretches
    assert "has no media file (a live observation)" in live.problems[0].message
    shifted = read_coding(files.project(tmp_path / "b.boris", **{"time offset": 5.0}))
    assert "has a time offset of 5 s, which is not applied" in shifted.problems[0].message
    odd = read_coding(files.project(tmp_path / "c.boris", events=[["x", "", "joy"], [-1, "", "a"]]))
    assert "event 1: is not time, subject, behaviour" in odd.problems[0].message
    assert "event 2: at -1 s lies in no media file" in odd.problems[1].message


def test_elan_annotations_without_a_time(tmp_path: Path) -> None:
    path = files.elan(tmp_path / "a.eaf")
    text = path.read_text("utf-8")
    slot = 'TIME_VALUE="3500"'
    assert slot in text
    path.write_text(text.replace(slot, ""), "utf-8")
    coding = read_coding(path)
    assert [s.label for s in coding.stretches] == ["sad"]
    (problem,) = coding.problems
    assert "tier 'emotion-a'" in problem.message
    assert "has no time of its own" in problem.message


def test_elan_annotations_that_hang_on_others_have_their_time(tmp_path: Path) -> None:
    from pympi.Elan import Eaf

    document = Eaf()
    document.add_tier("speech")
    document.add_annotation("speech", 1000, 4000, "so it goes")
    document.add_linguistic_type("hanging", "Symbolic_Association")
    document.add_tier("mood", "hanging", parent="speech")
    document.add_ref_annotation("mood", "speech", 2000, "sad")
    document.to_file(str(tmp_path / "a.eaf"))
    found = {s.coder: (s.start, s.end, s.label) for s in read_coding(tmp_path / "a.eaf").stretches}
    assert found["mood"] == (1.0, 4.0, "sad")

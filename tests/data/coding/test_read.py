"""Every format gives the same coded stretches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mien import UsageError
from mien.data.coding import Coding, coding_files, read_coding
from mien.output.formats import write_eaf, write_textgrid
from mien.output.formats.tiers import tiers
from tests.data.coding import files
from tests.data.coding.files import WANTED
from tests.output.report.sample import prediction

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")  # pympi's own


def plain(coding: Coding) -> list[tuple[str, float, float | None, str]]:
    return [(s.clip, s.start, s.end, s.label) for s in coding.stretches]


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding)
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("clip,start,end,label\ninterview.mp4,1,4,joy\ninterview.mp4,5.5,8.25,Sad\n", "utf-8"),
        ("clip;start;end;label\ninterview.mp4;1,0;4,0;joy\ninterview.mp4;5,5;8,25;sad\n", "utf-8"),
        ("Video\tOnset\tOffset\tEmotion\ninterview.mp4\t1\t4\tJOY\n"
         "interview.mp4\t0:05.5\t00:00:08,25\tsad\n", "utf-8-sig"),
        ("sep=;\nlabel;clip;start;duration\njoy;interview.mp4;1;3\nsad;interview.mp4;5,5;2,75\n",
         "utf-16"),
        ('label,clip,start,stop\njoy,interview.mp4,"1,0","4,0"\nsad,interview.mp4,"5,5","8,25"\n',
         "utf-8-sig"),
        ("clip;start;end;label;;\n;;;;;\ninterview.mp4;1;4;joy;;\ninterview.mp4;5,5;8,25;sad\n"
         "interview.mp4;9;10;-;;\ninterview.mp4;10;11;;;\n", "utf-8"),
    ],
    ids=["commas", "semicolons", "tabs, clock, mark", "sep=, UTF-16", "quoted commas", "blanks"],
)  # fmt: skip
def test_plain_tables(tmp_path: Path, text: str, encoding: str) -> None:
    coding = read_coding(written(tmp_path / "a.csv", text, encoding))
    assert plain(coding) == WANTED
    assert coding.coders == ("",)
    assert not coding.problems


def test_plain_columns_that_may_be_there(tmp_path: Path) -> None:
    text = "start,end,label,coder,intensity,subject\n1,4,joy,Anna,2.5,Mother\n5.5,8.25,sad,Ben,,\n"
    coding = read_coding(written(tmp_path / "interview.csv", text))
    first, second = coding.stretches
    assert (first.clip, first.coder, first.intensity, first.person) == (
        "interview", "Anna", 2.5, "Mother",
    )  # fmt: skip
    assert (second.coder, second.intensity, second.person) == ("Ben", None, "")
    assert first.where.endswith("interview.csv: line 2")
    assert coding.coders == ("Anna", "Ben")


def test_a_table_without_names_of_columns(tmp_path: Path) -> None:
    coding = read_coding(written(tmp_path / "interview.txt", "1;4;joy;anna\n5,5;8,25;sad;anna\n"))
    assert plain(coding) == [("interview", *row[1:]) for row in WANTED]
    assert coding.coders == ("anna",)


def test_a_sheet_has_a_coder_for_each_column(tmp_path: Path) -> None:
    text = (
        "id,path,start,end,label,speaker,annotator_anna,annotator_ben,annotator_cem\n"
        "a,films/interview.mp4,0,10,,film,Sad,happy,\nb,films/interview.mp4,10,20,,film,-,happy,\n"
        "c,films/short.mp4,,,sad,film,sad,,\n"
    )
    coding = read_coding(written(tmp_path / "sheet.csv", text))
    assert [(s.clip, s.start, s.end, s.coder, s.label) for s in coding.stretches] == [
        ("films/interview.mp4", 0, 10, "anna", "sad"),
        ("films/interview.mp4", 0, 10, "ben", "happy"),
        ("films/interview.mp4", 10, 20, "ben", "happy"),
        ("films/short.mp4", 0, None, "anna", "sad"),
    ]
    assert coding.coders == ("anna", "ben", "cem")  # who coded nothing is known too


def test_a_manifest_is_a_coding_of_whole_clips(tmp_path: Path) -> None:
    text = "id,path,start,end,label,speaker\na,x/a.wav,,,happy,05\nb,x/b.wav,,,,05\n"
    coding = read_coding(written(tmp_path / "clips.csv", text))
    (one,) = coding.stretches
    assert (one.clip, one.start, one.end, one.label, one.person) == (
        "x/a.wav", 0.0, None, "happy", "05",
    )  # fmt: skip


def test_boris_aggregated_events(tmp_path: Path) -> None:
    text = files.aggregated(("joy", "2", "1.000", "4.000"), ("Sad", "None", "5.500", "8.250"))
    coding = read_coding(written(tmp_path / "a.tsv", text))
    assert plain(coding) == WANTED
    assert [s.intensity for s in coding.stretches] == [2.0, None]
    assert {s.person for s in coding.stretches} == {""}  # "No focal subject" is nobody


def test_boris_events_with_starts_and_stops(tmp_path: Path) -> None:
    text = files.tabular(
        ("1.000", "", "joy", "START"), ("4.000", "", "joy", "STOP"),
        ("5.500", "Mother", "sad", "START"), ("6.000", "Child", "sad", "START"),
        ("7.000", "Child", "sad", "STOP"), ("8.250", "Mother", "sad", "STOP"),
    )  # fmt: skip
    coding = read_coding(written(tmp_path / "a.csv", text))
    assert sorted((s.start, s.end, s.label, s.person) for s in coding.stretches) == [
        (1.0, 4.0, "joy", ""), (5.5, 8.25, "sad", "Mother"), (6.0, 7.0, "sad", "Child"),
    ]  # fmt: skip
    assert {s.clip for s in coding.stretches} == {"/films/interview.mp4"}


def test_boris_8_names_the_kind_and_the_file_otherwise(tmp_path: Path) -> None:
    text = (
        "Observation id,Subject,Behavior,Behavioral category,Behavior type,Time,Media file name\n"
        "first,No focal subject,joy,,START,1.0,interview.mp4\n"
        "first,No focal subject,joy,,STOP,4.0,interview.mp4\n"
        "first,No focal subject,sad,,START,5.5,interview.mp4\n"
        "first,No focal subject,sad,,STOP,8.25,interview.mp4\n"
    )
    assert plain(read_coding(written(tmp_path / "a.csv", text))) == WANTED


def test_boris_project(tmp_path: Path) -> None:
    coding = read_coding(files.project(tmp_path / "films.boris"))
    assert plain(coding) == WANTED
    assert coding.stretches[0].intensity == 2.0
    (problem,) = coding.problems
    assert "'look' is a point in time" in problem.message


def test_boris_project_of_several_files_in_a_row(tmp_path: Path) -> None:
    changes = {
        "file": {"1": ["C:\\films\\a.mp4", "C:\\films\\b.mp4"]},
        "media_info": {"length": {"C:\\films\\a.mp4": 5.0, "C:\\films\\b.mp4": 9.0}},
    }
    coding = read_coding(files.project(tmp_path / "films.boris", **changes))
    assert plain(coding) == [("a.mp4", 1.0, 4.0, "joy"), ("b.mp4", 0.5, 3.25, "sad")]


def test_a_list_of_events_in_json(tmp_path: Path) -> None:
    events = [{"clip": c, "start": s, "end": e, "label": name} for c, s, e, name in WANTED]
    for content in (events, {"events": events}):
        path = written(tmp_path / "a.json", json.dumps(content))
        assert plain(read_coding(path)) == WANTED


def test_noldus(tmp_path: Path) -> None:
    text = files.noldus(
        ("0,00", "", "Start"), ("1,00", "Joy", "State start"), ("4,00", "Joy", "State stop"),
        ("5,50", "Sad", "State start"), ("8,25", "Sad", "State stop"),
    )  # fmt: skip
    coding = read_coding(written(tmp_path / "a.txt", text, "utf-16"))
    assert plain(coding) == [("interview", *row[1:]) for row in WANTED]
    assert {(s.person, s.intensity) for s in coding.stretches} == {("Child", 3.0)}


def test_elan(tmp_path: Path) -> None:
    """500 ms of the clip lie before the annotations' 0."""
    coding = read_coding(files.elan(tmp_path / "a.eaf"))
    assert plain(coding) == WANTED
    assert {(s.coder, s.person) for s in coding.stretches} == {("Anna", "Mother")}
    assert coding.coders == ("default", "Anna", "ben")


def test_praat(tmp_path: Path) -> None:
    coding = read_coding(files.textgrid(tmp_path / "interview.TextGrid"))
    assert plain(coding) == [("interview", *row[1:]) for row in WANTED]
    assert coding.coders == ("anna", "beats")
    (problem,) = coding.problems
    assert "tier 'beats': interval 1: 'nod' is a point in time" in problem.message


def test_what_mien_writes_for_elan_and_praat_is_read_back(tmp_path: Path) -> None:
    answer = prediction()
    write_eaf(answer, tmp_path / "a.eaf")
    write_textgrid(answer, tmp_path / "a.TextGrid")
    wanted = {
        (tier.name, run.start, run.end, run.label) for tier in tiers(answer) for run in tier.runs
    }
    for name in ("a.eaf", "a.TextGrid"):
        coding = read_coding(tmp_path / name)
        assert {(s.coder, s.start, s.end, s.label) for s in coding.stretches} == wanted


def test_a_coder_can_be_named_and_labels_mapped(tmp_path: Path) -> None:
    path = files.elan(tmp_path / "a.eaf")
    coding = read_coding(path, {"joy": "happy", "sad": ""}, coder="carla")
    assert [(s.coder, s.label) for s in coding.stretches] == [("carla", "happy")]
    assert coding.coders == ("carla",)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "name,size\nx,3\n", "has none of the columns that are known: columns start"),
        ("a.csv", "words without a separator\n", "has none of the columns"),
        ("a.eaf", "<ANNOTATION_DOCUMENT>", "not an annotation file of ELAN; open it there"),
        ("a.eaf", "<HTML></HTML>", "not an annotation file of ELAN"),
        ("a.TextGrid", "hello\n", "not a TextGrid of Praat"),
        ("a.json", "{", "cannot be read as JSON"),
        ("a.json", '{"a": 1}', "neither a project of BORIS nor a list of events"),
        ("a.json", '[{"a": 1}]', "has none of the columns"),
        ("a.boris", '{"observations": {"x": {"events": 3}}}', "observations.x.events"),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_coding(written(tmp_path / name, text))
    assert str(caught.value).startswith(str(tmp_path / name))


def test_a_spreadsheet_and_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(UsageError, match="is a spreadsheet"):
        read_coding(tmp_path / "a.csv")
    with pytest.raises(UsageError, match="there is no such file"):
        read_coding(tmp_path / "b.csv")


def test_a_folder_stands_for_the_codings_in_it(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    inside = [tmp_path / "anna" / "b.csv", tmp_path / "a.eaf"]
    for path in (*inside, tmp_path / "film.mp4", tmp_path / "notes.docx"):
        path.write_text("x", "utf-8")
    assert coding_files([tmp_path]) == sorted(inside)
    assert coding_files([tmp_path / "film.mp4"]) == [tmp_path / "film.mp4"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no coding"):
        coding_files([tmp_path / "empty"])
    with pytest.raises(UsageError, match="no such file or folder"):
        coding_files([tmp_path / "gone"])

"""JSON, CSV, Parquet and SRT, and that files are whole or not there."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mien.core.atomic import atomic
from mien.errors import OutputError
from mien.output.answer import prediction_from_dict
from mien.output.report import WRITERS, write_csv, write_html, write_json, write_parquet, write_srt
from mien.output.report.table import columns
from mien.types import Prediction, Span
from tests.output.report.sample import EIGHT, FIVE, HOSTILE, eight, nothing, prediction, span, sure

NAMES = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
COLUMNS = ("start", "end", "label", *NAMES, *(f"face_{n}" for n in NAMES),
           *(f"voice_{n}" for n in NAMES), "reliable", "path")  # fmt: skip

Write = Callable[[Prediction, Path], None]
WRITE = [write_json, write_csv, write_parquet, write_srt, write_html]


def test_json_is_the_answer(tmp_path: Path) -> None:
    write_json(prediction(), tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text("utf-8")
    assert json.loads(text) == prediction().to_dict()
    assert text.count("\n") == 1


def test_csv_has_a_row_for_each_window(tmp_path: Path) -> None:
    write_csv(prediction(), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    assert [float(row["start"]) for row in rows] == [k / 2 for k in range(21)]
    assert (rows[0]["label"], rows[0]["happy"], rows[0]["face_happy"]) == ("happy", "0.6", "0.7")
    assert rows[9]["voice_sad"] == ""
    assert rows[9]["sad"] == rows[9]["face_sad"] == "0.7"
    assert {row["reliable"] for row in rows} == {"true"}


@pytest.mark.parametrize("p", [nothing(), replace(nothing(), timeline=())], ids=["null", "none"])
def test_tables_of_nothing_have_their_columns(tmp_path: Path, p: Prediction) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_csv(p, tmp_path / "a.csv")
    write_parquet(p, tmp_path / "a.parquet")
    with (tmp_path / "a.csv").open(newline="") as stream:
        head, *rows = csv.reader(stream)
    assert tuple(head) == COLUMNS
    assert len(rows) == len(p.timeline)
    assert all(not any(row[2:-1]) and row[-1] == p.source["path"] for row in rows)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert tuple(table.column_names) == COLUMNS
    assert table["label"].null_count == table["voice_sad"].null_count == len(p.timeline)


def test_reliable_stands_where_there_is_a_label(tmp_path: Path) -> None:
    p = prediction()
    bare = replace(p.timeline[2], label=None, probabilities=None, branches={})
    p = replace(p, timeline=(*p.timeline[:2], bare, *p.timeline[3:]))
    write_csv(p, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as stream:
        said = [row["reliable"] for row in csv.DictReader(stream)]
    assert said == ["true", "true", "", *["true"] * 18]


def test_parquet_is_the_same_table(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_parquet(prediction(), tmp_path / "a.parquet")
    rows = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert len(rows) == 21
    assert rows[9]["voice_sad"] is None
    assert rows[9]["sad"] == 0.7
    assert {row["reliable"] for row in rows} == {True}
    assert str(parquet.read_schema(tmp_path / "a.parquet").field("label").type) == "string"


def test_subtitles_merge_equal_labels(tmp_path: Path) -> None:
    write_srt(prediction(), tmp_path / "a.srt")
    # the windows at 3.5 and 4 s have their middles at 4.5 and 5 s
    assert (tmp_path / "a.srt").read_text() == (
        "1\n00:00:00,000 --> 00:00:04,750\nhappy (60%)\n"
        "\n2\n00:00:04,750 --> 00:00:12,000\nsad (62%)\n"
    )  # sad: (3 x 0.7 + 10 x 0.6) / 13 = 0.623
    write_srt(replace(prediction(), reliable=False), tmp_path / "b.srt")
    assert (tmp_path / "b.srt").read_text().count("sad (62%, uncertain)\n") == 1


def test_subtitles_of_gaps_long_times_and_nothing(tmp_path: Path) -> None:
    late = tuple(
        span(start, values, None, 1.0)
        for start, values in ((0.0, sure("sad")), (1.0, None), (3661.25, sure("sad")))
    )
    write_srt(replace(prediction(), timeline=late), tmp_path / "a.srt")
    times = re.findall(r"(.*) --> (.*)", (tmp_path / "a.srt").read_text())
    assert times == [("00:00:00,000", "00:00:01,000"), ("01:01:01,250", "01:01:02,250")]
    write_srt(nothing(), tmp_path / "b.srt")
    assert (tmp_path / "b.srt").read_text() == ""


@pytest.mark.parametrize("write", WRITE)
def test_an_unwritable_place_is_one_line(tmp_path: Path, write: Write) -> None:
    if write is write_parquet:
        pytest.importorskip("pyarrow")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match=r"file/a\.out: cannot be written") as caught:
        write(prediction(), tmp_path / "file" / "a.out")
    assert "\n" not in str(caught.value)
    assert "--out" in str(caught.value)


@pytest.mark.parametrize("write", WRITE)
def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path, write: Write) -> None:
    if write is write_parquet:
        pytest.importorskip("pyarrow")
    (tmp_path / "a.out").write_text("old")
    write(prediction(), tmp_path / "a.out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.out"]
    assert (tmp_path / "a.out").read_bytes() != b"old"


def test_after_a_failure_the_old_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyError), atomic(tmp_path / "a") as part:  # noqa: PT012
        part.write_text("half")
        assert part.name.endswith(".part")
        assert part.parent == tmp_path
        raise KeyError
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_target_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_json(prediction(), tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_suffixes_keep_the_full_name() -> None:
    assert {name: writer.suffix for name, writer in WRITERS.items()} == {
        "json": ".json",
        "csv": ".csv",
        "parquet": ".parquet",
        "srt": ".srt",
        "html": ".html",
        "video": ".annotated.mp4",
    }


def test_a_window_without_branches_has_empty_cells(tmp_path: Path) -> None:
    bare = Span(0, 2, "sad", sure("sad"))
    write_csv(replace(prediction(), timeline=(bare,)), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["face_sad"] == row["voice_sad"] == ""


def test_the_default_table_is_as_it_always_was(tmp_path: Path) -> None:
    write_csv(prediction(), tmp_path / "a.csv")
    head, first, *_ = (tmp_path / "a.csv").read_bytes().split(b"\r\n")
    assert head.decode() == ",".join(COLUMNS)
    happy = ["0.066667", "0.066667", "0.066667", "0.6", "0.066667", "0.066667", "0.066667"]
    assert first.decode().split(",")[:10] == ["0.0", "2.0", "happy", *happy]


def test_tables_of_another_bundle_have_its_labels_and_branches(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    p = eight()
    write_csv(p, tmp_path / "a.csv")
    write_parquet(p, tmp_path / "a.parquet")
    with (tmp_path / "a.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    table = parquet.read_table(tmp_path / "a.parquet")
    parts = [f"{branch}_{name}" for branch in FIVE for name in EIGHT]
    wanted = ["start", "end", "label", *EIGHT, *parts, "reliable", "path"]
    assert list(rows[0]) == table.column_names == wanted
    calm = p.timeline[3].branches["vgg_blstm"]
    assert calm is not None
    assert float(rows[3]["vgg_blstm_calm"]) == round(calm["calm"], 6)
    assert {row["c3d_calm"] for row in rows} == {""}
    assert table["c3d_calm"].null_count == 21
    assert table["is10_calm"].to_pylist() == [float(row["is10_calm"]) for row in rows]


def test_columns_have_names_of_their_own(tmp_path: Path) -> None:
    """Branch "a" and label "b_c" would be one with branch "a_b" and label "c"."""
    labels = ("start", "a_c", "b_c", "c", "label")
    p = eight(labels, ("a", "a_b", "s", "t", "u"))
    names = columns(p)
    assert len(set(names)) == len(names) == 3 + 6 * 5 + 2
    assert names[:8] == ("start", "end", "label", "start_", "a_c", "b_c", "c", "label_")
    assert names[8:13] == ("a_start", "a_a_c", "a_b_c", "a_c_", "a_label")
    assert names[13:18] == ("a_b_start", "a_b_a_c", "a_b_b_c", "a_b_c_", "a_b_label")
    write_csv(p, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as stream:
        assert tuple(next(csv.reader(stream))) == names


def test_subtitles_of_any_names_are_plain_lines(tmp_path: Path) -> None:
    write_srt(eight(HOSTILE), tmp_path / "a.srt")
    blocks = (tmp_path / "a.srt").read_text("utf-8").split("\n\n")
    lines = [block.strip().split("\n") for block in blocks]
    assert [len(one) for one in lines] == [3] * 8
    said = [one[2].rsplit(" ", 1)[0] for one in lines]
    assert said[1:4] == ['a "quoted" name', "pleasant surprise", "x);*(color:red"]
    assert not re.search("[<>{}]", "".join(said))


def test_json_of_any_names_comes_back(tmp_path: Path) -> None:
    p = eight(HOSTILE)
    write_json(p, tmp_path / "a.json")
    back = prediction_from_dict(json.loads((tmp_path / "a.json").read_text("utf-8")))
    assert back.to_dict() == p.to_dict()
    assert back.labels == HOSTILE

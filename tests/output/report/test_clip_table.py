"""The table of clips."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from mien.errors import OutputError, UsageError
from mien.output.report.clip_table import check_table, clip_row, failed_row, write_clips
from tests.output.report.sample import eight, nothing, prediction

HEAD = ["path", "label", "confidence", "reliable", "reasons", "seconds", "people",
        "face_label", "voice_label", "face_seconds", "voice_seconds", "error"]  # fmt: skip


def timed() -> list[dict[str, bool | int | float | str | None]]:
    p = prediction()
    p = replace(p, branches={n: replace(s, seconds=2.5) for n, s in p.branches.items()})
    return [clip_row(p), failed_row(Path("b.mp4"), "b.mp4: is no film"), clip_row(nothing())]


def test_a_row_for_each_file_as_csv(tmp_path: Path) -> None:
    write_clips(timed(), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as stream:
        head, *cells = csv.reader(stream)
    assert head == HEAD
    first, second, third = (dict(zip(head, row, strict=True)) for row in cells)
    assert first["path"] == "/clips/a.mp4"
    assert (first["label"], first["confidence"], first["reliable"]) == ("happy", "0.6", "true")
    assert (first["seconds"], first["people"], first["face_seconds"]) == ("12.0", "2", "2.5")
    assert (first["face_label"], first["voice_label"]) == ("happy", "happy")
    assert second == dict.fromkeys(HEAD, "") | {"path": "b.mp4", "error": "b.mp4: is no film"}
    assert third["label"] == third["reliable"] == third["confidence"] == third["face_label"] == ""
    assert third["reasons"].split()


def test_parquet_has_the_same_cells_with_types(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_clips(timed(), tmp_path / "t.parquet")
    table = parquet.read_table(tmp_path / "t.parquet")
    assert table.column_names == HEAD
    first, second, third = table.to_pylist()
    assert (first["reliable"], first["people"], first["voice_seconds"]) == (True, 2, 2.5)
    assert second["label"] is None
    assert (third["reliable"], third["face_seconds"]) == (None, None)


def test_other_branches_and_failures_alone(tmp_path: Path) -> None:
    names = [name for name in clip_row(eight()) if name.endswith("_label")]
    assert names == [f"{branch}_label" for branch in eight().branches]
    write_clips([failed_row(Path("b.mp4"), "no")], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines()[0].split(",") == HEAD


def test_a_table_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"must end with .csv or .parquet"):
        check_table(tmp_path / "t.xlsx")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        check_table(tmp_path / "file" / "t.csv")
    check_table(tmp_path / "new" / "t.CSV")
    assert list((tmp_path / "new").iterdir()) == []

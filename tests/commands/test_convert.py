"""`mien convert`, as people run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli import app
from mien.errors import UsageError
from mien.report import write_json
from tests.report.sample import nothing, prediction


def convert(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["convert", *map(str, arguments)])


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    folder = tmp_path / "answers"
    (folder / "deep").mkdir(parents=True)
    write_json(prediction(), folder / "a.mp4.json")
    write_json(nothing(), folder / "deep" / "b.mp4.json")
    return folder


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_one_answer_beside_itself(answers: Path) -> None:
    done = convert(answers / "a.mp4.json", "--to", "eaf", "--to", "textgrid")
    assert done.exit_code == 0, done.output
    assert names(answers) >= {"a.mp4.eaf", "a.mp4.TextGrid"}


def test_a_folder_into_another_and_again(answers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        done = convert(answers, "--to", "rekognition", "--out", out)
        assert done.exit_code == 0, done.output
        assert "2 done, 0 failed" in done.output
    assert names(out) == {"a.mp4.rekognition.json", "deep/b.mp4.rekognition.json"}


def test_what_it_made_is_not_taken_for_an_answer(answers: Path) -> None:
    for _ in range(2):
        done = convert(answers, "--to", "video-indexer", "--to", "rekognition")
        assert "2 done, 0 failed" in done.output
    assert len(names(answers)) == 6


def test_a_bad_answer_is_one_line_and_stops_nothing(answers: Path) -> None:
    (answers / "c.json").write_text("[" * 100_000)
    (answers / "d.json").write_text(json.dumps({"schema": 1}))
    (answers / "e.json").write_bytes(b"\xff\xfe\x00")
    done = convert(answers, "--to", "srt")
    assert done.exit_code == 1
    assert "2 done, 3 failed" in done.output
    lines = [line for line in done.output.splitlines() if line.startswith("mien: ")]
    assert [Path(line.split(": ")[1]).name for line in lines] == ["c.json", "d.json", "e.json"]
    assert "cannot be read as JSON" in lines[0]
    assert "not an answer of mien" in lines[1]


def test_an_answer_with_half_a_character_is_one_line(answers: Path) -> None:
    text = (answers / "a.mp4.json").read_text().replace("mien-small-1", "\\ud800")
    (answers / "a.mp4.json").write_text(text)
    done = convert(answers / "a.mp4.json", "--to", "eaf")
    assert done.exit_code == 1
    assert "cannot be read as JSON" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere.json", "--to", "eaf"), "no such file or folder"),
        ((".", "--to", "elan"), "must be one of eaf, textgrid"),
    ],
)
def test_wrong_usage_says_what_to_do(arguments: tuple[str, ...], told: str) -> None:
    done = convert(*arguments)
    assert isinstance(done.exception, UsageError)
    assert told in str(done.exception)


def test_a_place_that_cannot_be_written_is_one_line(answers: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = convert(answers / "a.mp4.json", "--to", "eaf", "--out", tmp_path / "file")
    assert done.exit_code == 1
    assert "choose another folder with --out" in done.output

"""`mien convert`, as people run it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

import mien
from mien.cli.app import app
from mien.errors import UsageError
from mien.output.answer import prediction_from_dict
from mien.output.report import write_json
from mien.types import Prediction
from tests.conftest import tone, write_sound
from tests.output.report.sample import nothing, prediction


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


def media_url(path: Path) -> str:
    root = ElementTree.parse(path).getroot()
    found = root.find("HEADER/MEDIA_DESCRIPTOR")
    assert found is not None
    return found.attrib["MEDIA_URL"]


def relative(path: str, folder: Path | None) -> Prediction:
    noted = {} if folder is None else {"folder": str(folder)}
    return replace(prediction(), source={**prediction().source, "path": path, **noted})


@pytest.mark.parametrize("noted", [True, False])
def test_the_clip_is_found_from_another_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noted: bool
) -> None:
    """By what the answer notes, or, in older ones, by where the answer lies."""
    home, out = tmp_path / "home", tmp_path / ("out" if noted else "home/results")
    (home / "clips").mkdir(parents=True)
    (home / "clips" / "a.mp4").touch()
    out.mkdir()
    write_json(relative("clips/a.mp4", home if noted else None), out / "a.mp4.json")
    monkeypatch.chdir(tmp_path)
    assert convert(out / "a.mp4.json", "--to", "eaf").exit_code == 0
    assert media_url(out / "a.mp4.eaf") == (home / "clips" / "a.mp4").as_uri()


def test_a_clip_that_is_gone_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(relative("a.mp4", tmp_path / "home"), tmp_path / "a.mp4.json")
    monkeypatch.chdir(tmp_path)
    assert convert("a.mp4.json", "--to", "eaf").exit_code == 0
    assert media_url(tmp_path / "a.mp4.eaf") == (tmp_path / "home" / "a.mp4").as_uri()


def test_the_answer_for_a_relative_path_notes_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sound(tmp_path / "a.wav", tone(1), 16_000, "mono", "pcm_s16le")
    monkeypatch.chdir(tmp_path)
    answer = mien.analyze("a.wav").to_dict()
    assert answer["source"]["folder"] == str(tmp_path)
    assert prediction_from_dict(answer).to_dict() == answer
    assert "folder" not in mien.analyze(tmp_path / "a.wav").to_dict()["source"]
    assert "folder" not in mien.analyze((tmp_path / "a.wav").read_bytes()).to_dict()["source"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", ["lines", "list"])
def test_a_file_of_many_answers(tmp_path: Path, encoding: str, form: str) -> None:
    paths = ("x/ä.mp4", "y/ä.mp4", "c.wav", "c.wav")
    parts = [json.dumps(relative(path, tmp_path).to_dict(), ensure_ascii=False) for path in paths]
    text = "\r\n".join([*parts, ""]) if form == "lines" else f"[{','.join(parts)}]"
    (tmp_path / "all.json").write_bytes(text.encode(encoding))
    done = convert(tmp_path / "all.json", "--to", "srt", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "4 done, 0 failed" in done.output
    assert names(tmp_path / "out") == {"x/ä.mp4.srt", "y/ä.mp4.srt", "c.wav.srt", "c.wav 2.srt"}


def test_a_line_that_is_no_answer_costs_no_other(tmp_path: Path) -> None:
    good = json.dumps(prediction().to_dict())
    (tmp_path / "all.jsonl").write_text(f'{good}\n\n{{"schema": 1}}\nno json\n')
    done = convert(tmp_path, "--to", "srt")
    assert done.exit_code == 1
    assert "1 done, 2 failed" in done.output
    assert "all.jsonl: line 3: not an answer of mien" in done.output
    assert "all.jsonl: line 4: cannot be read as JSON" in done.output
    assert names(tmp_path) == {"all.jsonl", "a.mp4.srt"}

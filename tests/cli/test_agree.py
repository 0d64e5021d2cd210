"""`mien agree`, as people run it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import app
from mien.output.report import write_json
from tests.evaluation.agree.made import answer

HOSTILE = "<script>alert(1)</script>"


def agree(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["agree", *map(str, arguments)])


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """Three clips of 4 s; the first one is there as a file."""
    folder = tmp_path / "answers"
    folder.mkdir()
    (tmp_path / "a b.mp4").write_bytes(b"clip")
    for name, labels in (("a b", "happy sad"), ("b", "sad sad"), ("c", "fear happy")):
        first, second = labels.split()
        runs = [(0.0, 2.0, first), (2.0, 4.0, second)]
        write_json(answer(str(tmp_path / f"{name}.mp4"), *runs), folder / f"{name}.mp4.json")
    return folder


@pytest.fixture
def codings(tmp_path: Path) -> Path:
    (tmp_path / "codings").mkdir()
    for coder, last in (("anna", "joy"), ("ben", HOSTILE)):
        (tmp_path / "codings" / f"{coder}.csv").write_text(
            "clip,start,end,label\n"
            "a b.mp4,0,2,joy\na b.mp4,2,4,joy\nb.mp4,0,4,sad\nc.mp4,0,2,fear\n"
            f"c.mp4,2,4,{last}\n",
            "utf-8",
        )
    return tmp_path / "codings"


def test_files_and_figures(answers: Path, codings: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = agree(codings, answers, "--map", "joy=happy", "--out", out)
    assert run.exit_code == 0, run.output
    content = json.loads((out / "agreement.json").read_text("utf-8"))
    assert content["coders"] == ["anna", "ben"]
    assert content["clips"] == 3
    pair = next(p for p in content["pairs"] if (p["second"], p["by"]) == ("mien", "window"))
    assert (pair["first"], pair["n"], pair["agreed"]["value"]) == ("anna", 6, 5 / 6)
    rows = list(csv.DictReader((out / "disagreements.csv").read_text("utf-8").splitlines()))
    assert [(r["start"], r["coded"], r["answered"]) for r in rows] == [("2.0", "happy", "sad")]
    for name in ("pairs.csv", "recalls.csv", "confusions.csv"):
        assert len((out / name).read_text("utf-8").splitlines()) > 1
    assert "labels that are none of" in run.output
    assert "Nobody coded 0 % of it" in run.output


def test_the_page_plays_stretches_and_escapes_names(
    answers: Path, codings: Path, tmp_path: Path
) -> None:
    agree(codings, answers, "--map", "joy=happy", "--out", tmp_path / "out")
    page = (tmp_path / "out" / "agreement.html").read_text("utf-8")
    assert 'href="../a%20b.mp4#t=2,4"' in page
    assert HOSTILE not in page
    assert "script-src 'sha256-" in page
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_a_coder_is_named_on_the_command_line(answers: Path, codings: Path) -> None:
    run = agree(f"dora={codings / 'anna.csv'}", answers, "--map", "joy=happy")
    assert run.exit_code == 0
    assert "mien and dora" in run.output
    assert "one coder only (dora)" in run.output


def test_merged_labels(answers: Path, codings: Path, tmp_path: Path) -> None:
    options = ["--merge", "sad=low,fear=low", "--map", "joy=happy", "--out", tmp_path / "out"]
    run = agree(codings / "anna.csv", answers, *options)
    assert run.exit_code == 0, run.output
    content = json.loads((tmp_path / "out" / "agreement.json").read_text("utf-8"))
    assert "low" in content["labels"]
    assert {row["label"] for row in content["classes"]} == {"happy", "low"}


def test_coders_alone(codings: Path) -> None:
    run = agree(codings, "--coders-only", "--map", f"joy=happy,{HOSTILE}=")
    assert run.exit_code == 0, run.output
    assert "anna and ben" in run.output
    assert "mien says so" not in run.output


def test_what_cannot_be_read_is_said_and_the_rest_goes_on(
    answers: Path, codings: Path, tmp_path: Path
) -> None:
    (codings / "broken.eaf").write_text("<x>", "utf-8")
    (codings / "cem.csv").write_text(
        "clip,start,end,label\nb.mp4,3,1,sad\nb.mp4,0,2,sad\n", "utf-8"
    )
    (answers / "x.json").write_text("{}", "utf-8")
    run = agree(codings, answers, "--map", "joy=happy", "--out", tmp_path / "out")
    assert run.exit_code == 1
    assert "broken.eaf: not an annotation file of ELAN" in run.output
    assert "cem.csv: line 2: ends at 1 s, before it starts at 3 s" in run.output
    assert (tmp_path / "out" / "agreement.html").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["{codings}"], "give one coding or more and, last, the answers"),
        (["{codings}", "{codings}"], "holds no answer of 'mien predict'; give them last"),
        (["{codings}", "{answers}", "--lag", "100"], "--lag 100: must be 0 to 60 seconds"),
        (["{codings}", "{answers}", "--map", "joy"], "--map joy: write old name = new name"),
        (["{codings}", "{answers}", "--window", "0"], "--window 0: must be"),
        (["gone.csv", "{answers}"], "gone.csv: there is no such file or folder"),
    ],
)
def test_wrong_usage(answers: Path, codings: Path, options: list[str], message: str) -> None:
    run = agree(*(text.format(codings=codings, answers=answers) for text in options))
    assert message in f"{run.output} {run.exception}"
    assert run.exit_code != 0

"""docs/serve.md: its lines of curl and Python, run in their order against a real server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

import mien
from mien.cli.app import app

pytest.importorskip("fastapi")
pytest.importorskip("pyarrow")

from mien.serve import Limits, Settings
from tests.serve.conftest import Running, running

PAGE = Path(__file__).resolve().parents[2] / "docs" / "serve.md"
HERE = "127.0.0.1:8571"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Running:
    with running(Settings(tmp_path_factory.mktemp("server"), workers=1, threads=1)) as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page's reader is, with a clip and a picture."""
    shutil.copy(mien.sample(), tmp_path / "clip.mp4")
    cv2.imwrite(str(tmp_path / "face.jpg"), cv2.cvtColor(portrait, cv2.COLOR_RGB2BGR))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_curl_line_of_the_page_works(server: Running, folder: Path) -> None:
    lines = "\n".join(blocks("sh")).replace(f"http://{HERE}", server.url)
    assert lines.count("curl ") > 15
    done = subprocess.run(["bash", "-euo", "pipefail"], input=lines, text=True, capture_output=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    wanted = mien.analyze("clip.mp4").to_dict()
    del wanted["source"]["folder"]  # which the service is not told
    assert json.loads((folder / "answer.json").read_text()) == wanted
    assert json.loads((folder / "clip.json").read_text())["label"] == wanted["label"]
    assert (folder / "clip.csv").read_text().startswith("start")
    assert (folder / "clip.parquet").read_bytes().startswith(b"PAR1")
    assert "-->" in (folder / "clip.srt").read_text()
    assert "</html>" in (folder / "clip.html").read_text()
    assert json.loads((folder / "lines.json").read_text())["lines"][0]["speaker"] == "ANNA"
    assert (folder / "lines.csv").read_text().startswith("number")
    assert "</html>" in (folder / "lines.html").read_text()
    assert "ANNOTATION_DOCUMENT" in (folder / "clip.eaf").read_text()
    assert "ooTextFile" in (folder / "clip.TextGrid").read_text()
    assert mien.analyze("clip.annotated.mp4").people
    told, said = json.loads(blocks("json")[0]), json.loads(done.stdout.splitlines()[-1])
    assert said | {"detail": "..."} == told
    assert server.http.get("/v1/jobs").json()["jobs"] == []


def test_the_python_of_the_page_works(
    server: Running, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for code in blocks("python"):
        exec(code.replace(HERE, server.url.removeprefix("http://")), {})
    said = capsys.readouterr().out.splitlines()
    first = [line.split()[0] for line in said]
    assert first == ["neutral", "<Span", "{}", "[{'id':"]
    assert (folder / "clip.csv").is_file()


def test_the_page_names_options_that_there_are() -> None:
    told = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"}).output
    there = set(re.findall(r"--[a-z][a-z-]*", told))
    text = PAGE.read_text(encoding="utf-8")
    options = text[text.index("## Options") : text.index("## Keys")]
    mine = [
        line for block in blocks("console") for line in block.splitlines() if "mien serve" in line
    ]
    assert set(re.findall(r"--[a-z][a-z-]*", options)) <= there
    assert set(re.findall(r"--[a-z][a-z-]*", "".join(mine))) <= there


def test_the_page_has_every_limit_with_its_default() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index("<!-- limits -->") : text.index("<!-- /limits -->")]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d,]+ ?[A-Za-z]*)", table, re.MULTILINE))
    assert {name: _number(value) for name, value in rows.items()} == {
        one.name: getattr(Limits(), one.name) for one in fields(Limits)
    }


def _number(text: str) -> float:
    number, _, unit = text.replace(",", "").partition(" ")
    return float(number) * {"GiB": 2**30, "MiB": 2**20, "h": 3600}.get(unit, 1)

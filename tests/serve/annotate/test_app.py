"""The application over HTTP, and a real server that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mien.labels import EMOTIONS
from mien.output.report import write_json
from mien.serve import Settings
from mien.serve.annotate.app import annotation_app
from mien.serve.server import Server, address, listen
from tests.conftest import tone, write_sound
from tests.evaluation.agree.made import answer

PATIENCE = 120.0
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two sounds; the first has an answer beside it."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("a.wav", "b.wav"):
        write_sound(folder / name, tone(1.0), 16_000, "mono", "pcm_s16le")
    write_json(answer("a.wav", (0, 1, "sad"), label="sad"), folder / "a.wav.json")
    return folder


@contextmanager
def running(clips: Path, keys: tuple[str, ...] = ()) -> Iterator[httpx.Client]:
    """A client of a server in this process."""
    settings = Settings(data=clips, keys=keys, port=0)
    server = Server(annotation_app(settings, clips, EMOTIONS), settings)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            with httpx.Client(base_url=address(listener), timeout=PATIENCE) as http:
                yield http
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def http(clips: Path) -> Iterator[httpx.Client]:
    with running(clips) as client:
        yield client


def test_labels_of_two_coders(clips: Path, http: httpx.Client) -> None:
    everything = http.get("/v1/annotation").json()
    assert [task["clip"] for task in everything["tasks"]] == ["a.wav", "b.wav"]
    first, second = (task["id"] for task in everything["tasks"])
    for coder, task, label in (
        ("anna", first, "sad"),
        ("ben", first, "happy"),
        ("anna", second, "-"),
    ):
        put = http.put(f"/v1/annotation/coders/{coder}/{task}", json={"label": label})
        assert put.status_code == 200, put.text
    assert http.get("/v1/annotation/coders/anna").json()["marks"] == {first: "sad", second: "-"}
    assert http.get("/v1/annotation/coders/ben").json()["marks"] == {first: "happy"}
    http.put(f"/v1/annotation/coders/anna/{first}", json={"label": None})
    assert http.get("/v1/annotation/coders/anna").json()["marks"] == {second: "-"}
    assert (clips / "annotations" / "ben.csv").is_file()


def test_clips_are_given_in_pieces_and_answers_when_asked(http: httpx.Client) -> None:
    first = http.get("/v1/annotation").json()["tasks"][0]["id"]
    piece = http.get(f"/v1/annotation/clips/{first}", headers={"Range": "bytes=0-3"})
    assert (piece.status_code, piece.content) == (206, b"RIFF")
    values = http.get(f"/v1/annotation/answers/{first}").json()["probabilities"]
    assert values["sad"] == pytest.approx(0.7, abs=1e-3)
    assert "sad" not in http.get("/v1/annotation").text.replace('"sad"', "")  # labels alone


def test_a_broken_answer_beside_a_clip_is_told(clips: Path, http: httpx.Client) -> None:
    (clips / "a.wav.json").write_text("{", "utf-8")
    first = http.get("/v1/annotation").json()["tasks"][0]["id"]
    reply = http.get(f"/v1/annotation/answers/{first}")
    assert reply.status_code == 422
    assert "a.wav.json: cannot be read as JSON; delete it" in reply.json()["detail"]


def test_what_cannot_be_done_is_a_problem(clips: Path, http: httpx.Client) -> None:
    first = http.get("/v1/annotation").json()["tasks"][0]["id"]
    asked = [
        (http.put(f"/v1/annotation/coders/anna/{first}", json={"label": "joy"}), 422, "is none of"),
        (http.put("/v1/annotation/coders/anna/x", json={"label": "sad"}), 422, "no such stretch"),
        (http.get("/v1/annotation/coders/mien"), 422, "a coder's name"),
        (http.get("/v1/annotation/clips/x"), 404, "no such stretch"),
    ]
    for reply, status, text in asked:
        assert reply.status_code == status
        assert text in reply.json()["detail"]
    (clips / "a.wav").unlink()
    assert http.get(f"/v1/annotation/clips/{first}").status_code == 404
    other = http.put(
        f"/v1/annotation/coders/anna/{first}",
        json={"label": "sad"},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert other.status_code == 403


def test_a_key_is_asked_for(clips: Path) -> None:
    with running(clips, ("0123456789abcdef",)) as http:
        assert http.get("/").status_code == 200
        assert http.get("/v1/annotation").status_code == 401
        session = http.post("/v1/session", json={"key": "0123456789abcdef"})
        assert session.is_success
        assert http.get("/v1/annotation").status_code == 200


def test_the_page_and_its_parts_are_there(http: httpx.Client) -> None:
    page = http.get("/")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for name in ("annotate.js", "annotate.css"):
        assert f"/static/annotate/{name}" in page.text
        assert http.get(f"/static/annotate/{name}").status_code == 200


@contextmanager
def server(clips: Path, log: Path) -> Iterator[tuple[str, int]]:
    """Its address and process."""
    command = [sys.executable, "-m", "mien", "serve", "--annotate", str(clips), "--port", "0"]
    with log.open("w") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    try:
        until = time.monotonic() + PATIENCE
        while "http://" not in log.read_text("utf-8"):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < until
            time.sleep(0.05)
        yield log.read_text("utf-8").split("serves at ")[1].split()[0], process.pid
    finally:
        process.kill()
        process.wait()


def test_nothing_is_lost_when_the_server_is_killed(clips: Path, tmp_path: Path) -> None:
    with server(clips, tmp_path / "one.log") as (url, pid):
        tasks = httpx.get(f"{url}/v1/annotation").json()["tasks"]
        for task in tasks:
            put = httpx.put(
                f"{url}/v1/annotation/coders/anna/{task['id']}",
                content=json.dumps({"label": "sad"}),
                headers=JSON,
            )
            assert put.status_code == 200
        os.kill(pid, signal.SIGKILL)
    with server(clips, tmp_path / "two.log") as (url, _):
        marks = httpx.get(f"{url}/v1/annotation/coders/anna").json()["marks"]
    assert marks == {task["id"]: "sad" for task in tasks}

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

import mien
from tests.conftest import tone, write_sound
from tests.serve.conftest import Running, Serving
from tests.serve.talk import left, problem, until


def empty(server: Running) -> bool:
    """Whether no job and no file is left."""
    counts = server.service.store.counts()
    return not any(counts.values()) and not any(server.service.files.jobs.iterdir())


def test_nothing_is_kept(serving: Serving) -> None:
    server = serving()
    answer = server.http.post(
        "/v1/predict", files={"file": (mien.sample().name, mien.sample().read_bytes())}
    )
    assert answer.json()["label"] in mien.EMOTIONS.names
    assert answer.json()["source"]["path"] == mien.sample().name
    until(lambda: empty(server))
    assert server.http.get("/v1/jobs").json() == {"jobs": [], "next": None}
    assert not left(server)


def test_options_count(server: Running) -> None:
    files = {"file": (mien.sample().name, mien.sample().read_bytes())}
    answer = server.http.post("/v1/predict", files=files, data={"window": "1", "people": "1"})
    first = answer.json()["timeline"][0]
    assert first["end"] - first["start"] <= 1


def test_what_is_no_clip(server: Running) -> None:
    answer = server.http.post("/v1/predict", files={"file": ("x.mp4", b"text")})
    problem(answer, 415, "not-media")


def test_a_broken_clip(serving: Serving) -> None:
    server = serving()
    files = {"file": ("x.mp4", mien.sample().read_bytes()[:3000])}
    body = problem(server.http.post("/v1/predict", files=files), 422, "job-failed")
    assert "x.mp4" in body["detail"]
    until(lambda: empty(server))


def test_two_files(server: Running, beep: bytes) -> None:
    files = [("file", ("x.wav", beep))] * 2
    problem(server.http.post("/v1/predict", files=files), 422, "one-file")
    assert not left(server)


def test_a_clip_that_is_too_long(serving: Serving, tmp_path: Path) -> None:
    server = serving(predict_seconds=1.0)
    path = write_sound(tmp_path / "x.wav", tone(30), 16_000, "mono", "pcm_s16le")
    files = {"file": ("x.wav", path.read_bytes())}
    body = problem(server.http.post("/v1/predict", files=files), 422, "job-failed")
    assert "longer than" in body["detail"]
    until(lambda: empty(server))


def test_a_client_that_does_not_wait_stops_the_work(serving: Serving, tmp_path: Path) -> None:
    server = serving(predict_seconds=9999.0)
    path = write_sound(tmp_path / "x.wav", tone(1800), 16_000, "mono", "pcm_s16le")
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            server.url + "/v1/predict", files={"file": ("x.wav", path.read_bytes())}, timeout=1.0
        )
    until(lambda: empty(server))

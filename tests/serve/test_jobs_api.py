from __future__ import annotations

import json
import struct
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

import mien
from tests.conftest import tone, write_sound
from tests.serve.conftest import Running, Serving
from tests.serve.talk import problem, until

NOBODYS = "A" * 22
WRONG = ["x", "A" * 21, "A" * 23, "..", "%2e%2e", "A" * 21 + "%2F", "A" * 21 + "%00", "%C3%A9" * 22]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound that takes a while."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    return write_sound(path, tone(1800), 16_000, "mono", "pcm_s16le")


def test_a_job_says_what_became_of_it(done: dict[str, Any]) -> None:
    assert done["state"] == "done"
    assert done["name"] == mien.sample().name
    assert done["progress"] == 1
    assert done["label"] in mien.EMOTIONS.names
    assert 0 < done["confidence"] <= 1
    assert done["media"] == "source"
    assert done["attempts"] == 1
    assert done["error"] is None
    assert done["created"] <= done["started"] <= done["finished"] < done["expires"]
    assert done["created"].endswith("Z")
    assert "kept" not in done
    assert not any("lease" in name for name in done)


def test_its_links_lead_somewhere(server: Running, done: dict[str, Any]) -> None:
    assert set(done["links"]) == {"self", "events", "result", "media", "waveform"}
    for link in done["links"].values():
        assert server.http.get(link).status_code == 200, link


@pytest.mark.parametrize("number", [NOBODYS, *WRONG])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/jobs/{}"),
        ("DELETE", "/v1/jobs/{}"),
        ("POST", "/v1/jobs/{}/cancel"),
        ("GET", "/v1/jobs/{}/events"),
        ("GET", "/v1/jobs/{}/result"),
        ("GET", "/v1/jobs/{}/result.mp4"),
        ("GET", "/v1/jobs/{}/result.csv"),
        ("GET", "/v1/jobs/{}/media"),
        ("GET", "/v1/jobs/{}/waveform"),
    ],
)
def test_ids_that_nobody_has(server: Running, method: str, path: str, number: str) -> None:
    answer = server.http.request(method, path.format(number))
    assert answer.status_code in (404, 405)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_list_has_pages_and_can_be_searched(serving: Serving, beep: bytes) -> None:
    server = serving()
    names = ["Anna.wav", "bob.wav", "ANNALENA 100%.wav", "\u00c4nne_.wav"]
    for name in names:
        server.http.post("/v1/jobs", files={"file": (name, beep)})

    def listed(**query: Any) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            page = server.http.get(
                "/v1/jobs", params={**query, **({"after": after} if after else {})}
            ).json()
            found += [job["name"] for job in page["jobs"]]
            after = page["next"]
            if after is None:
                return found

    assert listed() == listed(limit=1) == listed(limit=3) == names[::-1]
    assert listed(search="anna") == ["ANNALENA 100%.wav", "Anna.wav"]
    assert listed(search="\u00e4nn") == ["\u00c4nne_.wav"]
    assert listed(search="%") == ["ANNALENA 100%.wav"]
    assert listed(search="' OR 1=1 --") == []
    for job in server.http.get("/v1/jobs").json()["jobs"]:
        server.ended(job["id"])
    assert sorted(listed(state="done")) == sorted(names)
    assert listed(state="failed") == []


def test_a_running_job_is_cancelled(server: Running, long: Path) -> None:
    [job] = server.give(long)
    server.until(job["id"], lambda job: job["state"] == "running")
    cancelled = server.http.post(job["links"]["self"] + "/cancel").json()
    assert cancelled["state"] == "cancelled"
    assert cancelled["finished"]
    problem(server.http.get(f"/v1/jobs/{job['id']}/result"), 409, "job-cancelled")
    assert server.http.post(job["links"]["self"] + "/cancel").json() == cancelled


def test_a_job_that_ended_is_not_cancelled_any_more(server: Running, done: dict[str, Any]) -> None:
    answer = server.http.post(f"/v1/jobs/{done['id']}/cancel")
    assert answer.status_code == 200
    assert answer.json()["state"] == "done"


@pytest.mark.parametrize("when", ["queued", "running", "done"])
def test_a_deleted_job_leaves_nothing(serving: Serving, long: Path, beep: bytes, when: str) -> None:
    server = serving()
    if when == "queued":
        server.give(long)
    path = long.with_name("short.wav")
    path.write_bytes(beep)
    [job] = server.give(path if when == "done" else long)
    server.until(job["id"], lambda job: job["state"] == when)
    folder = server.service.files.folder(job["id"])
    assert folder.is_dir()
    assert server.http.delete(f"/v1/jobs/{job['id']}").status_code == 204
    problem(server.http.get(f"/v1/jobs/{job['id']}"), 404, "no-such-job")
    problem(server.http.delete(f"/v1/jobs/{job['id']}"), 404, "no-such-job")
    until(lambda: not folder.exists())


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    """The jobs in a stream of events, to its end."""
    found, kind = [], ""
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        if name == "data":
            assert kind == "job"
            found.append(json.loads(value))
    return found


def test_events_tell_of_each_change_and_end(server: Running) -> None:
    [job] = server.give(mien.sample())
    with server.http.stream("GET", job["links"]["events"]) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-cache"
        seen = events(answer)
    order = ["queued", "running", "done"]
    states = [order.index(one["state"]) for one in seen]
    assert states == sorted(states)
    assert all(a != b for a, b in pairwise(seen))
    assert seen[-1] == server.job(job["id"])
    assert seen[-1]["state"] == "done"


def test_events_end_when_the_job_is_deleted(server: Running, long: Path) -> None:
    [job] = server.give(long)
    with server.http.stream("GET", job["links"]["events"]) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: job"
        server.http.delete(job["links"]["self"])
        assert [line for line in lines if line.startswith("data")]


def test_a_clip_that_is_none_fails_in_one_line(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(mien.sample().read_bytes()[:3000])
    [job] = server.give(path)
    job = server.ended(job["id"])
    assert job["state"] == "failed"
    assert "\n" not in job["error"]
    assert str(server.settings.data) not in job["error"]
    body = problem(server.http.get(f"/v1/jobs/{job['id']}/result"), 409, "job-failed")
    assert body["detail"] == job["error"]


def test_a_huge_picture_is_not_decoded(server: Running, tmp_path: Path) -> None:
    """30,000 x 30,000 pixels in a few kilobytes."""
    path = tmp_path / "huge.png"
    path.write_bytes(huge_png(30_000))
    [job] = server.give(path)
    job = server.ended(job["id"])
    assert job["state"] == "failed"
    assert job["attempts"] == 1  # the worker did not die of it


def huge_png(side: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    squeeze, row = zlib.compressobj(9), bytes(1 + side // 8)
    pixels = b"".join(squeeze.compress(row) for _ in range(side)) + squeeze.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def test_a_restart_keeps_the_jobs(serving: Serving) -> None:
    server = serving()
    [job] = server.give(mien.sample())
    job = server.ended(job["id"])
    answer = server.http.get(f"/v1/jobs/{job['id']}/result").content
    again = serving()
    assert again.url != server.url
    assert again.job(job["id"]) == job
    assert again.http.get(f"/v1/jobs/{job['id']}/result").content == answer

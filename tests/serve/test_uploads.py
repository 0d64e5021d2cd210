"""Uploads that are as they should be, and those that are not, sent to a real server."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import httpx
import pytest

import mien
from mien.serve.uploads import FILES
from tests.serve.conftest import PATIENCE, Running, Serving
from tests.serve.talk import left, problem, raw, read_all, split, until


def test_a_clip_becomes_a_job(server: Running) -> None:
    answer = server.http.post(
        "/v1/jobs",
        files={"file": ("a b.mp4", mien.sample().read_bytes(), "application/x-whatever")},
        data={
            "window": "1",
            "fps": "5",
            "people": "1",
            "max_side": "640",
            "audio_track": "2",
            "channel": "left",
        },
    )
    assert answer.status_code == 202
    [job] = answer.json()["jobs"]
    assert job["name"] == "a b.mp4"
    assert job["size"] == mien.sample().stat().st_size
    given = {"window": 1.0, "fps": 5.0, "people": 1, "max_side": 640}
    assert job["options"] == asdict(mien.Options(**given, audio_track=2, channel="left"))
    assert answer.json()["refused"] == []
    source = server.service.files.source(job["id"])
    assert source.read_bytes() == mien.sample().read_bytes()
    assert not left(server)


def test_several_clips_at_once_and_what_is_none_of_them(server: Running, beep: bytes) -> None:
    files = [
        ("file", ("one.wav", beep)),
        ("file", ("two.mp4", b"nothing of the kind")),
        ("file", ("three.wav", beep)),
    ]
    answer = server.http.post("/v1/jobs", files=files)
    assert answer.status_code == 202
    assert [job["name"] for job in answer.json()["jobs"]] == ["one.wav", "three.wav"]
    [refused] = answer.json()["refused"]
    assert refused["name"] == "two.mp4"
    assert refused["problem"]["status"] == 415
    assert not left(server)


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("clip.mp4", "x" * 9999)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("clip.mp4", _zip()),
        ("clip.mp4", b""),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
        ("clip.mp4", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"),
        ("clip.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n"),
        ("clip.mp4", b"<html><script>alert(1)</script></html>"),
    ],
    ids=["zip", "empty", "m3u8", "m3u8 as mp4", "concat", "html"],
)
def test_types_go_by_content(server: Running, name: str, content: bytes) -> None:
    answer = server.http.post("/v1/jobs", files={"file": (name, content, "video/mp4")})
    body = problem(answer, 415, "not-media")
    assert body["refused"][0]["name"] == name
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/cron.d/x.wav", "x.wav"),
        ("..\\..\\x.wav", "x.wav"),
        ("/etc/passwd", "passwd"),
        ("<script>alert(1)<\\/script>.wav", "script>.wav"),
        ("<img src=x onerror=alert(1)>.wav", "<img src=x onerror=alert(1)>.wav"),
    ],
)
def test_names_are_only_shown(server: Running, beep: bytes, name: str, shown: str) -> None:
    answer = server.http.post("/v1/jobs", files={"file": (name, beep)})
    [job] = answer.json()["jobs"]
    assert job["name"] == shown
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    folder = server.service.files.folder(job["id"])
    assert server.service.files.source(job["id"]).read_bytes() == beep
    assert folder.parent == server.service.files.jobs


@pytest.mark.parametrize(
    "fields",
    [
        {"window": "0.3"},
        {"window": "nan"},
        {"window": "1e400"},
        {"window": "two"},
        {"fps": "-1"},
        {"fps": "inf"},
        {"people": "0"},
        {"people": "1e300"},
        {"people": "1.5"},
        {"max_side": "0"},
        {"max_side": "640.5"},
        {"max_side": "1e9"},
        {"audio_track": "0"},
        {"video_track": "1.5"},
        {"video_track": "1e9"},
        {"channel": "middle"},
        {"channel": "0"},
        {"window": "1" * 1000},
        {"windows": "2"},
    ],
)
def test_options_that_cannot_be_used(server: Running, beep: bytes, fields: dict[str, str]) -> None:
    answer = server.http.post("/v1/jobs", files={"file": ("x.wav", beep)}, data=fields)
    code = "unknown-field" if "windows" in fields else "invalid"
    problem(answer, 422, code)
    assert not left(server)


def test_an_empty_option_is_none(server: Running, beep: bytes) -> None:
    names = ("window", "fps", "people", "max_side", "video_track", "audio_track", "channel")
    fields = dict.fromkeys(names, "")
    answer = server.http.post("/v1/jobs", files={"file": ("x.wav", beep)}, data=fields)
    assert answer.json()["jobs"][0]["options"] == asdict(mien.Options())


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/json", b"{}", 415, "not-a-form"),
        ("multipart/form-data", b"x", 415, "not-a-form"),
        ("multipart/form-data; boundary=" + "b" * 900, b"x", 400, "bad-form"),
        ("multipart/form-data; boundary=b", b"nothing", 400, "bad-form"),
        ("multipart/form-data; boundary=b", b"", 400, "bad-form"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 999, 400, "bad-form"),
        ("multipart/form-data; boundary=b", b"--b\r\nX: " + b"y" * 9999, 400, "bad-form"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 422, "no-file"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nRIFF',
            400,
            "bad-form",
        ),
    ],
)
def test_bodies_that_are_no_form(
    server: Running, kind: str, body: bytes, status: int, code: str
) -> None:
    answer = server.http.post("/v1/jobs", content=body, headers={"Content-Type": kind})
    problem(answer, status, code)
    assert not left(server)


def test_too_many_files(server: Running) -> None:
    answer = server.http.post("/v1/jobs", files=[("file", ("x", b"no"))] * (FILES + 1))
    problem(answer, 413, "too-many-files")


def test_ten_gigabytes_promised_are_refused_before_they_come(server: Running) -> None:
    with raw(server) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10737418240\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        )
        status, body = split(read_all(connection))
    assert status == 413
    assert body["limit"] == server.settings.limits.upload_bytes


def test_more_than_was_promised_is_not_read(serving: Serving, beep: bytes) -> None:
    server = serving(upload_bytes=10**6)
    head = (
        b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    with raw(server) as connection:
        connection.sendall(head + b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n')
        connection.sendall(beep * 100)
        said = read_all(connection)
    assert said.startswith(b"HTTP/1.1 400")
    assert b"it breaks off" in said
    assert server.http.get("/v1/jobs").json()["jobs"] == []
    assert not left(server)


def endless(server: Running) -> int:
    """Send chunks until the server has enough; gives how many bytes it took."""
    sent = 0
    with raw(server) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        )
        first = (
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n\x00\x00\x00\x18ftypisom'
        )
        connection.sendall(b"%x\r\n%s\r\n" % (len(first), first))
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        try:
            while sent < 10 * 2**30:
                connection.sendall(chunk)
                sent += 65536
        except (BrokenPipeError, ConnectionResetError):
            pass
        else:
            raise AssertionError("it never had enough")
        status, body = split(read_all(connection))
        assert status == 413
        assert body["type"] == "urn:mien:problem:too-large"
    return sent


def test_an_endless_body_is_cut_off(serving: Serving) -> None:
    server = serving(upload_bytes=4 * 2**20)
    assert endless(server) < 64 * 2**20  # what is under way in buffers, at the most
    assert not left(server)


def test_a_client_that_goes_away_half_way_leaves_nothing(server: Running, beep: bytes) -> None:
    before = server.service.store.counts()
    with raw(server) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + beep * 3
        )
        until(lambda: bool(left(server)))
    until(lambda: not left(server))
    assert sum(server.service.store.counts().values()) == sum(before.values())


def test_a_slow_body_is_let_go(serving: Serving, beep: bytes) -> None:
    server = serving(idle_seconds=0.3)
    with raw(server) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + beep
        )
        status, body = split(read_all(connection))
    assert (status, body["type"]) == (408, "urn:mien:problem:too-slow")
    assert not left(server)


def test_no_more_uploads_at_once_than_allowed(serving: Serving, beep: bytes) -> None:
    server = serving(uploads=1)
    with raw(server) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + beep * 3
        )
        until(lambda: bool(left(server)))
        answer = server.http.post("/v1/jobs", files={"file": ("x.wav", beep)})
        problem(answer, 429, "uploads-full")
        assert int(answer.headers["retry-after"]) > 0
    until(lambda: not left(server))
    assert server.http.post("/v1/jobs", files={"file": ("x.wav", beep)}).status_code == 202


@pytest.mark.slow
def test_two_thousand_jobs_at_once(serving: Serving, beep: bytes) -> None:
    """As many as may wait are taken; the others are told when to come again."""
    server = serving(queued=100, uploads=50)
    limits = httpx.Limits(max_connections=50)

    def give(client: httpx.Client) -> httpx.Response:
        return client.post("/v1/jobs", files={"file": ("x.wav", beep)})

    with (
        httpx.Client(base_url=server.url, limits=limits, timeout=PATIENCE) as client,
        ThreadPoolExecutor(50) as pool,
    ):
        answers = list(pool.map(lambda _: give(client), range(2000)))
    taken = [answer for answer in answers if answer.status_code == 202]
    refused = [answer for answer in answers if answer.status_code != 202]
    assert {answer.status_code for answer in refused} == {429}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    ids = {answer.json()["jobs"][0]["id"] for answer in taken}
    assert len(ids) == len(taken) >= 100
    assert sum(server.service.store.counts().values()) == len(taken)


def test_a_queue_that_gets_full_within_a_request(serving: Serving, beep: bytes) -> None:
    server = serving(queued=5)
    answer = server.http.post("/v1/jobs", files=[("file", ("x.wav", beep))] * 40)
    assert answer.status_code == 202
    jobs, refused = answer.json()["jobs"], answer.json()["refused"]
    assert len(jobs) + len(refused) == 40
    assert len(jobs) >= 5
    assert {one["problem"]["status"] for one in refused} == {429}
    assert not left(server)


def test_a_full_disk(serving: Serving, beep: bytes) -> None:
    server = serving(spare_bytes=2**60)
    problem(server.http.post("/v1/jobs", files={"file": ("x.wav", beep)}), 507, "disk-full")
    problem(server.http.get("/readyz"), 507, "disk-full")
    assert not left(server)
    assert server.http.get("/v1/jobs").json()["jobs"] == []

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import mien

pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from mien.serve import Settings
from tests.serve.conftest import Running, running

KEY = "only-for-this-test-0123"

JOB = {"id": "a", "name": "clip.mp4", "state": "done", "progress": 1.0}


class Scripted(ThreadingHTTPServer):
    """A server that gives the answers it was told, one after the other, and notes what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.got: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def say(self, status: int, body: object = b"", **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, {k.replace("_", "-"): v for k, v in headers.items()}, content))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Scripted)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((f"{self.command} {self.path}", str(self.headers), body))
        status, headers, content = self.server.answers.pop(0)
        if not status:
            self.connection.close()
            return
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with Scripted() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("service")
    with running(Settings(data, workers=1, threads=1, keys=(KEY,))) as one:
        yield one


def test_a_service_says_what_mien_says_here(service: Running) -> None:
    seen: list[float] = []
    with mien.Client(service.url, KEY) as client:
        there = client.analyze(mien.sample(), window=4, progress=seen.append)
    here = mien.analyze(mien.sample(), options=mien.Options(window=4))
    assert there.to_dict() == here.to_dict()
    assert seen == sorted(seen)


def test_a_job_from_its_beginning_to_its_end(service: Running, tmp_path: Path) -> None:
    with mien.Client(service.url, KEY) as client:
        job = client.wait(client.submit(mien.sample()).id)
        assert (job.state, job.label) == ("done", "happy")
        assert job in list(client.jobs(search="sample", state="done"))
        for form in ("json", "csv", "srt", "html", "mp4"):
            client.download(job.id, form, tmp_path / f"answer.{form}")
        assert client.cancel(job.id).state == "done"
        client.delete(job.id)
        with pytest.raises(mien.UsageError, match="no job with this id"):
            client.result(job.id)
    assert json.loads((tmp_path / "answer.json").read_text())["label"] == "happy"
    assert mien.analyze(tmp_path / "answer.mp4").label == "happy"
    assert len(list(tmp_path.iterdir())) == 5


def test_what_the_service_refuses_is_one_clear_line(service: Running, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("#EXTM3U\n/etc/passwd")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(mien.sample().read_bytes()[:5000])
    with mien.Client(service.url, KEY) as client:
        with pytest.raises(mien.MediaError, match=r"notes\.mp4"):
            client.analyze(text)
        with pytest.raises(mien.MediaError, match=r"cut\.mp4"):
            client.analyze(cut)
        with pytest.raises(mien.UsageError, match="window"):
            client.submit(mien.sample(), window=0.7)
        with pytest.raises(mien.UsageError, match=r"job \.\./\.\./healthz"):
            client.job("../../healthz")
    with (
        mien.Client(service.url, "another-key-0123456") as client,
        pytest.raises(mien.UsageError, match="key"),
    ):
        client.analyze(mien.sample())


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"0123456789" * 100_000)
    return path


def test_a_full_service_is_asked_again_with_the_whole_file(scripted: Scripted, clip: Path) -> None:
    full = {"detail": "the queue is full"}
    scripted.say(429, full, Retry_After="0")
    scripted.say(503, full, Retry_After="0")
    scripted.say(202, {"jobs": [JOB], "refused": []})
    with mien.Client(scripted.url, key="secret") as client:
        job = client.submit(clip, window=4, people=2, audio_track=2, channel="left")
    assert (job.id, job.state, job.ended) == ("a", "done", True)
    assert len(scripted.got) == 3
    for what, headers, body in scripted.got:
        assert what == "POST /v1/jobs"
        assert "Authorization: Bearer secret" in headers
        assert clip.read_bytes() in body
        assert b'name="window"\r\n\r\n4' in body
        assert b'name="audio_track"\r\n\r\n2' in body
        assert b'name="channel"\r\n\r\nleft' in body
        assert b'filename="clip.mp4"' in body
        assert b"fps" not in body


def test_patience_ends_with_the_reason(scripted: Scripted, clip: Path) -> None:
    scripted.say(429, {"detail": "the queue is full"}, Retry_After="5")
    with (
        mien.Client(scripted.url, patience=1) as client,
        pytest.raises(mien.ServiceError, match="the queue is full"),
    ):
        client.submit(clip)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, mien.UsageError),
        (404, mien.UsageError),
        (409, mien.UsageError),
        (422, mien.UsageError),
        (413, mien.MediaError),
        (415, mien.MediaError),
        (500, mien.ServiceError),
        (507, mien.ServiceError),
    ],
)
def test_each_problem_is_one_clear_error(
    scripted: Scripted, clip: Path, status: int, kind: type[Exception]
) -> None:
    scripted.say(status, {"detail": "what is wrong"}, Content_Type="application/problem+json")
    with (
        mien.Client(scripted.url) as client,
        pytest.raises(kind, match=r"clip\.mp4: what is wrong"),
    ):
        client.submit(clip)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b'{"other": 1}'), (200, b"[1]"), (302, b""), (200, b"\xff")],
)
def test_a_server_that_is_not_mien_is_told_apart(
    scripted: Scripted, status: int, body: bytes
) -> None:
    scripted.say(status, body)
    with mien.Client(scripted.url) as client, pytest.raises(mien.ServiceError):
        client.job("a")


def test_a_broken_upload_is_not_sent_twice_but_a_question_is_asked_again(
    scripted: Scripted, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.client_http._RETRY", 0.0)
    scripted.say(200, JOB)
    scripted.say(0)
    with mien.Client(scripted.url) as client:
        client.job("a")
        with pytest.raises(mien.ServiceError, match="look at the list of jobs"):
            client.submit(clip)
        assert len(scripted.got) == 2
        scripted.say(0)
        scripted.say(200, JOB)
        assert client.job("a").state == "done"


def test_waiting_tells_progress_and_ends_with_the_jobs_own_words(scripted: Scripted) -> None:
    seen: list[float] = []
    scripted.say(200, JOB | {"state": "queued", "progress": None})
    scripted.say(200, JOB | {"state": "running", "progress": 0.5})
    scripted.say(200, JOB | {"state": "failed", "error": "clip.mp4: is damaged"})
    scripted.say(200, JOB | {"state": "cancelled"})
    scripted.say(200, JOB | {"state": "running"})
    with mien.Client(scripted.url) as client:
        with pytest.raises(mien.MediaError, match=r"clip\.mp4: is damaged"):
            client.wait("a", progress=seen.append)
        with pytest.raises(mien.ServiceError, match="cancelled"):
            client.wait("a")
        with pytest.raises(mien.ServiceError, match="not done in 0 s"):
            client.wait("a", timeout=0)
    assert seen == [0.5]


def test_all_pages_of_jobs_are_read(scripted: Scripted) -> None:
    scripted.say(200, {"jobs": [JOB, JOB | {"id": "b"}], "next": "b c"})
    scripted.say(200, {"jobs": [JOB | {"id": "c"}], "next": None})
    with mien.Client(scripted.url) as client:
        assert [job.id for job in client.jobs(search="x&y", state="done")] == ["a", "b", "c"]
    first, second = (what for what, _, _ in scripted.got)
    assert "search=x%26y" in first
    assert "after=b%20c" in second or "after=b+c" in second


def test_a_result_that_is_being_made_is_waited_for(scripted: Scripted, tmp_path: Path) -> None:
    scripted.say(202, Retry_After="0")
    scripted.say(200, b"video")
    with mien.Client(scripted.url, patience=0) as client:
        client.download("../a", "mp4", tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == b"video"
    assert scripted.got[0][0] == "GET /v1/jobs/..%2Fa/result.mp4"
    scripted.say(404, {"detail": "no such job"})
    with mien.Client(scripted.url) as client, pytest.raises(mien.UsageError, match="no such job"):
        client.download("a", "csv", tmp_path / "a.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


def test_addresses_keys_and_files_that_cannot_be_used(tmp_path: Path) -> None:
    for url in ("127.0.0.1:8571", "ftp://x", "http://", "http://[::1", "http://x:99999999"):
        with pytest.raises(mien.UsageError, match="url"):
            mien.Client(url)
    for key in ("", "two\nlines", "ключ"):
        with pytest.raises(mien.UsageError, match="key"):
            mien.Client("http://127.0.0.1", key)
    with mien.Client("http://127.0.0.1:9") as client:
        with pytest.raises(mien.ServiceError, match=r"127\.0\.0\.1:9"):
            client.job("a")
        with pytest.raises(mien.MediaError, match="No such file"):
            client.submit(tmp_path / "none.mp4")


def test_without_httpx_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['httpx'] = None; import mien\n"
        "try: mien.Client('http://127.0.0.1')\n"
        "except mien.MissingExtraError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "mien[client]" in said.stdout

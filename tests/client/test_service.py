from __future__ import annotations

import json
import os
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


def test_single_options_go_before_a_set_of_them(scripted: Scripted, clip: Path) -> None:
    scripted.say(202, {"jobs": [JOB], "refused": []})
    with mien.Client(scripted.url) as client:
        client.submit(clip, options=mien.Options(window=4, max_side=640), window=1.0, people=3)
    body = scripted.got[0][2]
    for name, value in (("window", b"1.0"), ("max_side", b"640"), ("people", b"3")):
        assert f'name="{name}"'.encode() + b"\r\n\r\n" + value + b"\r\n" in body
    assert b"fps" not in body


def test_a_file_object_is_sent_from_its_start_as_often_as_needed(
    scripted: Scripted, clip: Path
) -> None:
    scripted.say(429, {"detail": "the queue is full"}, Retry_After="0")
    for _ in range(3):
        scripted.say(202, {"jobs": [JOB], "refused": []})
    with mien.Client(scripted.url) as client, clip.open("rb") as stream:
        stream.seek(17)
        client.submit(stream)
        assert (stream.tell(), stream.closed) == (17, False)
        client.submit(clip.read_bytes())
        client.submit(os.fspath(clip))
    for _, _, body in scripted.got:
        assert clip.read_bytes() in body
    assert b'filename="clip.mp4"' in scripted.got[1][2]


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_nothing_stays_at_the_service_unless_it_is_to_be_kept(
    service: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(mien.sample().read_bytes()[:5000])
    with mien.Client(service.url, KEY) as client:
        before = {job.id for job in client.jobs()}
        with mien.sample().open("rb") as stream:
            answer = client.analyze(stream, window=4)
        with pytest.raises(mien.MediaError, match=r"cut\.mp4"):
            client.analyze(cut)
        with monkeypatch.context() as patch:
            patch.setattr(client, "wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                client.analyze(mien.sample())
        assert {job.id for job in client.jobs()} == before
        assert not list(service.settings.data.glob("jobs/*/source*"))
        assert client.analyze(mien.sample(), window=4, keep=True) == answer
        assert "folder" not in answer.source  # the path is absolute
        (kept,) = {job.id for job in client.jobs()} - before
        client.delete(kept)


def test_an_answer_is_not_lost_where_the_clip_cannot_be_deleted(
    scripted: Scripted, clip: Path
) -> None:
    answer = mien.analyze(mien.sample().read_bytes()).to_dict()
    scripted.say(202, {"jobs": [JOB], "refused": []})
    scripted.say(200, JOB)
    scripted.say(200, answer)
    scripted.say(500, {"detail": "the disk is gone"})
    with (
        mien.Client(scripted.url) as client,
        pytest.warns(RuntimeWarning, match=r"clip\.mp4: stays at the service .*the disk is gone"),
    ):
        assert client.analyze(clip).label == answer["label"]
    assert scripted.got[-1][0] == "DELETE /v1/jobs/a"


def test_the_answer_for_a_relative_path_has_its_folder_here(
    scripted: Scripted, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = mien.analyze(mien.sample().read_bytes()).to_dict()
    for status, said in ((202, {"jobs": [JOB], "refused": []}), (200, JOB), (200, answer)):
        scripted.say(status, said)
    scripted.say(204, {})
    monkeypatch.chdir(clip.parent)
    with mien.Client(scripted.url) as client:
        source = client.analyze(clip.name).to_dict()["source"]
    assert (source["path"], source["folder"]) == (clip.name, str(clip.parent))


def test_a_job_from_its_beginning_to_its_end(service: Running, tmp_path: Path) -> None:
    with mien.Client(service.url, KEY) as client:
        job = client.wait(client.submit(mien.sample()).id)
        assert (job.state, job.label) == ("done", "neutral")
        assert job in list(client.jobs(search="sample", state="done"))
        for form in ("json", "csv", "srt", "html", "eaf", "TextGrid", "mp4"):
            client.download(job.id, form, tmp_path / f"answer.{form}")
        with pytest.raises(mien.UsageError, match=r"no format 'elan'.* eaf, textgrid"):
            client.download(job.id, "elan", tmp_path / "answer.elan")
        assert client.cancel(job.id).state == "done"
        client.delete(job.id)
        with pytest.raises(mien.UsageError, match="no job with this id"):
            client.result(job.id)
    assert json.loads((tmp_path / "answer.json").read_text())["label"] == "neutral"
    assert mien.analyze(tmp_path / "answer.mp4").label == "neutral"
    assert len(list(tmp_path.iterdir())) == 7


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
    monkeypatch.setattr("mien.client.http._RETRY", 0.0)
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
        with pytest.raises(mien.MediaError, match="no such file"):
            client.submit(tmp_path / "none.mp4")


PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense://:x"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.1", "0.0.0.0"])
def test_no_proxy_stands_before_this_machine(
    scripted: Scripted, environment: pytest.MonkeyPatch, variable: str, proxy: str, host: str
) -> None:
    environment.setenv(variable, proxy)
    scripted.say(200, JOB)
    with mien.Client(scripted.url.replace("127.0.0.1", host)) as client:
        assert client.job("a").name == "clip.mp4"


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:127.0.0.1]", "mien.localhost", "127.8.9.10"])
def test_every_name_of_this_machine_is_known(environment: pytest.MonkeyPatch, host: str) -> None:
    environment.setenv("ALL_PROXY", "socks5://127.0.0.1:9")  # would be refused: no socksio
    mien.Client(f"http://{host}:1").close()


def test_a_proxy_is_asked_for_what_lies_elsewhere(
    scripted: Scripted, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("HTTP_PROXY", scripted.url.replace("http://", "user:secret@"))
    scripted.say(200, JOB)
    scripted.say(407, b"<html>", Content_Type="text/html")
    scripted.say(502, b"<html>", Content_Type="text/html")
    with mien.Client("http://mien.invalid:8571") as client:
        assert client.job("a").name == "clip.mp4"
        for _ in range(2):
            with pytest.raises(mien.ServiceError) as refused:
                client.job("a")
            assert f"{scripted.url} (HTTP_PROXY)" in str(refused.value)
            assert "secret" not in str(refused.value)
    assert scripted.got[0][0] == "GET http://mien.invalid:8571/v1/jobs/a"
    assert "Proxy-Authorization: Basic" in scripted.got[0][1]


@pytest.mark.parametrize("excluded", ["10.9.8.7", "10.0.0.0/8", "*", ".example.org, 10.9.8.7"])
def test_what_no_proxy_names_is_asked_straight(
    environment: pytest.MonkeyPatch, excluded: str
) -> None:
    environment.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    environment.setenv("NO_PROXY", excluded)
    mien.Client("http://10.9.8.7").close()
    environment.setenv("NO_PROXY", "11.0.0.0/8")
    with pytest.raises(mien.UsageError, match="socksio"):
        mien.Client("http://10.9.8.7")


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks5://user:secret@10.0.0.1:1080", r"socks5://10\.0\.0\.1:1080 \(ALL_PROXY\).*socksio"),
        ("socks://10.0.0.1:1080", "httpx.socks.*NO_PROXY"),
        ("ftp://10.0.0.1", r"ftp://10\.0\.0\.1 \(ALL_PROXY\): cannot be used"),
        ("http://[::1", "cannot be used"),
        ("http://10.0.0.1:port", "cannot be used"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_one_line(
    environment: pytest.MonkeyPatch, proxy: str, words: str
) -> None:
    environment.setenv("ALL_PROXY", proxy)
    with pytest.raises(mien.UsageError, match=words) as refused:
        mien.Client("http://mien.invalid")
    assert "secret" not in str(refused.value)


def test_a_dead_proxy_is_named(environment: pytest.MonkeyPatch, clip: Path) -> None:
    environment.setenv("https_proxy", "http://user:secret@127.0.0.1:9")
    with (
        mien.Client("https://mien.invalid", patience=0) as client,
        pytest.raises(mien.ServiceError) as refused,
    ):
        client.submit(clip)
    said = str(refused.value)
    assert "clip.mp4: https://mien.invalid through the proxy" in said
    assert "http://127.0.0.1:9 (https_proxy)" in said
    assert "NO_PROXY=mien.invalid" in said
    assert "secret" not in said


def test_without_httpx_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['httpx'] = None; import mien\n"
        "try: mien.Client('http://127.0.0.1')\n"
        "except mien.MissingExtraError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "mien[client]" in said.stdout

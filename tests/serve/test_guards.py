from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mien.serve import Settings, guards
from mien.serve.guards import BODY_BYTES, SECURITY_HEADERS
from tests.serve.conftest import Running, Serving
from tests.serve.loops import run_alone
from tests.serve.talk import problem


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8571", "[::1]", "[::1]:80", "LocalHost"])
def test_own_names_are_answered(server: Running, host: str) -> None:
    assert server.http.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8571", "", "a:b:c"]
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/jobs", "/static/none.js"])
def test_other_names_are_not(server: Running, host: str, path: str) -> None:
    problem(server.http.get(path, headers={"Host": host}), 421, "unknown-host")


def test_a_name_can_be_allowed(serving: Serving) -> None:
    server = serving(hosts=("Mien.Example",))
    assert server.http.get("/healthz", headers={"Host": "mien.example:443"}).status_code == 200
    problem(server.http.get("/healthz"), 421, "unknown-host")


WRITES = [("POST", "/v1/jobs"), ("DELETE", "/v1/session"), ("POST", "/v1/session")]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://["},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_pages_of_others_may_not_write(
    server: Running, method: str, path: str, headers: dict[str, str]
) -> None:
    problem(server.http.request(method, path, headers=headers), 403, "other-origin")


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}])
def test_programs_and_the_own_page_may(server: Running, headers: dict[str, str]) -> None:
    own = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    for sent in (headers, own):
        assert server.http.delete("/v1/session", headers=sent).status_code == 204


def test_an_origin_can_be_allowed(serving: Serving) -> None:
    server = serving(origins=("https://Portal.example/",))
    headers = {"Origin": "https://portal.example", "Sec-Fetch-Site": "cross-site"}
    assert server.http.delete("/v1/session", headers=headers).status_code == 204


def test_other_pages_may_not_open_a_websocket(server: Running) -> None:
    address = server.url.replace("http", "ws", 1) + "/v1/live"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        with (
            pytest.raises(InvalidStatus) as caught,
            connect(address, additional_headers=headers, proxy=None),
        ):
            pass
        assert caught.value.response.status_code == 403
        assert json.loads(caught.value.response.body)["type"].endswith("other-origin")


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/v1/info", "/v1/jobs", "/nothing", "/v1/jobs/x", "/openapi.json"]
)
def test_every_answer_has_the_headers(server: Running, path: str) -> None:
    answer = server.http.get(path)
    own = {"Cache-Control"} if path == "/" else set()
    for name, value in SECURITY_HEADERS.items():
        if name not in own:
            assert answer.headers[name] == value
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "server" not in answer.headers


def test_small_bodies_are_all_that_other_routes_take(server: Running) -> None:
    answer = server.http.post("/v1/session", content=b"x" * (BODY_BYTES + 1))
    problem(answer, 413, "too-large")

    def chunks():  # type: ignore[no-untyped-def]
        for _ in range(10):
            yield b"x" * BODY_BYTES

    problem(server.http.post("/v1/session", content=chunks()), 413, "too-large")


@pytest.fixture
def broken(tmp_path: Path) -> FastAPI:
    """A guarded application with a fault in it."""
    app = FastAPI()
    app.add_middleware(guards.Guard, settings=Settings(tmp_path))

    @app.get("/fault")
    def fault() -> None:
        raise RuntimeError("a secret")

    return app


def get(app: FastAPI, path: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.get(path)

    return run_alone(answer())


def test_a_fault_is_logged_and_answered_without_its_secrets(
    broken: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    answer = get(broken, "/fault")
    problem(answer, 500, "internal")
    assert "a secret" not in answer.text
    assert "a secret" in caplog.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_too_many_requests_at_once(broken: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "REQUESTS", 0)
    answer = get(broken, "/fault")
    problem(answer, 429, "busy")
    assert answer.headers["Retry-After"] == "1"

from __future__ import annotations

import time
from http.cookies import SimpleCookie

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mien.serve import auth
from mien.serve.auth import COOKIE, Keys
from tests.serve.conftest import Running, Serving
from tests.serve.talk import problem

KEY, OTHER = "0123456789abcdef", "the second key \u00e9"
OPEN = {"/", "/healthz", "/readyz", "/v1/info", "/v1/session", "/sample.mp4", "/openapi.json"}


@pytest.fixture
def locked(serving: Serving) -> Running:
    return serving(keys=(KEY, OTHER))


def addresses(server: Running) -> set[tuple[str, str]]:
    """Every (method, path) of the OpenAPI document."""
    paths = server.http.get("/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, routes in paths.items() for method in routes}


def test_everything_else_wants_a_key(locked: Running) -> None:
    every = addresses(locked)
    assert ("POST", "/v1/jobs") in every
    with httpx.Client(base_url=locked.url) as stranger:
        for method, path in every:
            answer = stranger.request(method, path.replace("{id}", "x" * 22))
            if path in OPEN:
                assert answer.status_code in (200, 204, 422, 503), path
            else:
                problem(answer, 401, "wrong-key")
                assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_document_says_what_wants_a_key(locked: Running) -> None:
    document = locked.http.get("/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert schemes["key"]["scheme"] == "bearer"
    assert schemes["session"]["in"] == "cookie"
    for path, routes in document["paths"].items():
        for route in routes.values():
            assert bool(route.get("security")) == (path not in OPEN), path


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_each_key_is_let_in(locked: Running, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}".encode()}
    answer = httpx.get(locked.url + "/v1/jobs", headers=headers)
    assert answer.status_code == 200 if key.isascii() else 401


@pytest.mark.parametrize(
    "given",
    [
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}",
        f"Bearer {KEY.upper()}",
        "Bearer",
        "Bearer \xff\xfe",
        f"Basic {KEY}",
        KEY,
        "",
    ],
)
def test_nothing_else_is(locked: Running, given: str) -> None:
    headers = {"Authorization": given.encode("latin-1")}
    problem(httpx.get(locked.url + "/v1/jobs", headers=headers), 401, "wrong-key")


def test_a_key_is_traded_for_a_cookie_that_scripts_cannot_read(locked: Running) -> None:
    with httpx.Client(base_url=locked.url) as page:
        answer = page.post("/v1/session", json={"key": KEY})
        assert answer.status_code == 204
        cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "strict"
        assert cookie["path"] == "/"
        assert int(cookie["max-age"]) > 0
        assert KEY not in cookie.value
        assert page.get("/v1/jobs").status_code == 200
        assert page.delete("/v1/session").status_code == 204
        problem(page.get("/v1/jobs"), 401, "wrong-key")


def test_a_wrong_key_gets_no_cookie(locked: Running) -> None:
    answer = httpx.post(locked.url + "/v1/session", json={"key": KEY + "x"})
    problem(answer, 401, "wrong-key")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"key": 1}', b'{"key": "\\ud800"}'])
def test_what_is_no_key_is_refused(locked: Running, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(locked.url + "/v1/session", content=body, headers=headers)
    assert answer.status_code in (401, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_keys_there_is_nothing_to_trade(server: Running) -> None:
    answer = server.http.post("/v1/session", json={"key": "anything"})
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers


def test_a_websocket_wants_a_key_too(locked: Running) -> None:
    address = locked.url.replace("http", "ws", 1) + "/v1/live"
    with pytest.raises(InvalidStatus) as caught, connect(address, proxy=None):
        pass
    assert caught.value.response.status_code == 403
    headers = {"Authorization": f"Bearer {KEY}"}
    with connect(address, additional_headers=headers, proxy=None) as socket:
        assert socket.response is not None


def test_a_session_ends_with_its_time_and_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys((KEY, OTHER))
    stored = keys.fit(OTHER)
    assert stored is not None
    cookie = keys.session(stored)
    assert keys.fit_session(cookie)
    assert not Keys((KEY,)).fit_session(cookie)
    later = time.time() + 13 * 3600
    monkeypatch.setattr(auth.time, "time", lambda: later)
    assert not keys.fit_session(cookie)


@pytest.mark.parametrize("change", [("1", "2"), (".", ""), (".", "..")])
def test_a_cookie_cannot_be_changed(change: tuple[str, str]) -> None:
    keys = Keys((KEY,))
    stored = keys.fit(KEY)
    assert stored is not None
    cookie = keys.session(stored)
    assert not keys.fit_session(cookie.replace(*change, 1))
    for nonsense in ("", ".", "..", "a.b.c", "\udcff.x", cookie + "0", cookie[:-1]):
        assert not keys.fit_session(nonsense)


def test_all_keys_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each comparison is `hmac.compare_digest`, over values of one length, for every key."""
    seen: list[tuple[int, int]] = []
    real = auth.hmac.compare_digest

    def compare(a: bytes, b: bytes) -> bool:
        seen.append((len(a), len(b)))
        return real(a, b)

    monkeypatch.setattr(auth.hmac, "compare_digest", compare)
    keys = Keys((KEY, OTHER, "a third one"))
    for given in (KEY, "x", "y" * 500):
        seen.clear()
        keys.fit(given)
        assert seen == [(32, 32)] * 3

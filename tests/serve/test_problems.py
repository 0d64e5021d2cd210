from __future__ import annotations

import pytest

from mien.serve.problems import MEDIA_TYPE
from tests.serve.conftest import Running
from tests.serve.talk import problem


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/jobs/", "/v1/jobs/a/b", "/static/none"])
def test_what_is_not_there(server: Running, path: str) -> None:
    answer = server.http.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "there is nothing at this address; see /openapi.json",
        "instance": path,
    }


def test_a_method_that_is_not_there(server: Running) -> None:
    answer = server.http.put("/v1/info")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.json()["type"] == "about:blank"
    assert answer.json()["detail"] == "this address only answers GET"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/jobs", "GET, POST"),
        ("/v1/jobs/" + "A" * 22, "DELETE, GET"),
        ("/v1/session", "DELETE, POST"),
        ("/", "GET, HEAD"),
    ],
)
def test_all_methods_of_an_address_are_named(server: Running, path: str, allowed: str) -> None:
    answer = server.http.options(path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == set(allowed.split(", "))


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "1000"}, "query.limit"),
        ({"limit": "x"}, "query.limit"),
        ({"state": "lost"}, "query.state"),
        ({"search": "x" * 201}, "query.search"),
        ({"search": "a\0b"}, "query.search"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(
    server: Running, query: dict[str, str], where: str
) -> None:
    body = problem(server.http.get("/v1/jobs", params=query), 422, "invalid")
    assert [one["where"] for one in body["errors"]] == [where]
    assert body["detail"].startswith(f"{where}: ")
    assert "x" * 201 not in str(body)


def test_a_cursor_that_is_none(server: Running) -> None:
    for after in ("x", "", "MQ==", "a" * 200, "\u00e9"):
        problem(server.http.get("/v1/jobs", params={"after": after}), 422, "invalid")

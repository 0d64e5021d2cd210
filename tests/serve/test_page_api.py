from __future__ import annotations

import re
from urllib.parse import urlsplit

import mien
from tests.serve.conftest import Running


def test_the_page_and_all_that_it_names_come_from_here(server: Running) -> None:
    page = server.http.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    named = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert any(name.endswith(".js") for name in named)
    for name in named:
        assert not urlsplit(name).netloc, name
        answer = server.http.get(name)
        assert answer.status_code == 200, name
        if name.startswith("static/"):
            assert answer.headers["cache-control"] == "no-cache"


def test_the_sample_is_there(server: Running) -> None:
    answer = server.http.get("/sample.mp4")
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content == mien.sample().read_bytes()


def test_nothing_else_of_the_disk_is(server: Running) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"):
        answer = server.http.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_there_is_no_page_that_loads_from_elsewhere(server: Running) -> None:
    for path in ("/docs", "/redoc"):
        assert server.http.get(path).status_code == 404


def test_whether_it_is_there_can_be_asked_alone(server: Running) -> None:
    for path in ("/", "/sample.mp4"):
        answer = server.http.head(path)
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) > 1000
        assert not answer.content

"""The OpenAPI document: whole, with examples, and true (schemathesis sends what it allows)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serve.conftest import Running, Serving
from tests.serve.talk import until

KEY = "0123456789abcdef"


def test_each_route_is_described(server: Running) -> None:
    document = server.http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, routes in document["paths"].items():
        for method, route in routes.items():
            assert route["description"], (method, path)
            assert route["summary"], (method, path)
    assert document["components"]["schemas"]["JobModel"]["examples"]
    assert document["components"]["schemas"]["ProblemModel"]["examples"]


def test_errors_are_described_as_problems(server: Running) -> None:
    for path, routes in server.http.get("/openapi.json").json()["paths"].items():
        for method, route in routes.items():
            assert "default" in route["responses"], (method, path)
            for status, answer in route["responses"].items():
                if status == "default" or int(status) >= 400:
                    assert set(answer["content"]) == {"application/problem+json"}, (method, path)


@pytest.mark.slow
def test_whatever_is_sent_meets_no_error(serving: Serving, tmp_path: Path) -> None:
    """All of schemathesis' checks but one: a file of random bytes is allowed, and refused."""
    server = serving(keys=(KEY,))
    until(lambda: server.http.get("/readyz").status_code == 200)
    program = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            *(str(program), "--no-color", "run", server.url + "/openapi.json"),
            *("--header", f"Authorization: Bearer {KEY}", "--max-examples", "20"),
            *("--exclude-checks", "positive_data_acceptance"),
            "--continue-on-failure",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    operations = re.search(r"Tested: (\d+)", done.stdout)
    assert operations is not None
    paths = server.http.get("/openapi.json").json()["paths"].values()
    assert int(operations[1]) == sum(len(routes) for routes in paths)

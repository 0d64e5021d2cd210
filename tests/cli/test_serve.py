"""`mien serve` as people start and end it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import mien
from mien.serve.server import listen

LINE = re.compile(r"mien serves at (http://\S+) \(Ctrl-C ends it\)\n")


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "mien", "serve", "--port", "0", "--workers", "1", *options]


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A started server and its address."""
    process = subprocess.Popen(
        command(*options),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        assert process.stdout is not None
        found = LINE.fullmatch(process.stdout.readline())
        assert found is not None
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving("--data", str(tmp_path / "data")) as (process, url):
        files = {"file": mien.sample().read_bytes()}
        [job] = httpx.post(url + "/v1/jobs", files=files).json()["jobs"]
        with httpx.stream("GET", url + job["links"]["events"]) as events:
            next(events.iter_lines())
            process.send_signal(number)
            said, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert said == "mien: ended; clips that wait go on at the next start\n"


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*options), capture_output=True, text=True, env={**os.environ, **environment}
    )


def refused(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(rf"mien: .*{said}.*\n", done.stderr), done.stderr


def test_a_taken_port(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        done = run("--data", str(tmp_path / "data"), "--port", port)
    refused(done, f"port {port} of 127.0.0.1 cannot be used .address already in use.")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "needs an API key"),
        (("--workers", "-1"), "must be at least 1"),
        (("--keep", "0"), "must be above 0"),
        (("--queue", "0"), "must be above 0"),
        (("--model", "no-such-bundle"), "no-such-bundle"),
        (("--database", "mysql://x/y"), "must be SQLite or PostgreSQL"),
        (("--device", "abacus"), "abacus"),
        (("--key-file", "/no/such/file"), "cannot be read"),
        (("--data", "/dev/null/x"), "/dev/null/x"),
    ],
    ids=str,
)
def test_what_cannot_be_used(tmp_path: Path, options: tuple[str, str], said: str) -> None:
    refused(run("--data", str(tmp_path / "data"), *options), said)


def test_keys_come_from_a_file_and_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("the-first-key-of-all\n\n the-second-key-of-all \n")
    data, more = str(tmp_path / "data"), "one-from-the-environment, and-another-one-of-them"
    with serving("--data", data, "--key-file", str(file), MIEN_KEYS=more) as (_, url):
        assert httpx.get(url + "/v1/jobs").status_code == 401
        for key in (*file.read_text().split(), *more.split(", ")):
            headers = {"Authorization": f"Bearer {key}"}
            assert httpx.get(url + "/v1/jobs", headers=headers).status_code == 200, key


def test_short_keys_and_empty_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("\n")
    data = ("--data", str(tmp_path / "data"))
    refused(run(*data, "--key-file", str(file)), "holds no key")
    refused(run(*data, MIEN_KEYS="short"), "shorter than 16 characters")


def test_others_reach_it_by_the_names_that_are_allowed(tmp_path: Path) -> None:
    options = ("--data", str(tmp_path / "data"), "--host", "0.0.0.0", "--allow-host", "box.lan")
    with serving(*options, MIEN_KEYS="0123456789abcdef") as (_, url):
        local = url.replace("0.0.0.0", "127.0.0.1")
        for host, status in (("box.lan", 200), ("localhost", 200), ("other.lan", 421)):
            answer = httpx.get(local + "/healthz", headers={"Host": host})
            assert answer.status_code == status, host


@pytest.mark.parametrize("size", ["inf", "nan", "0", "-1"])
def test_a_size_that_cannot_be_is_one_line(tmp_path: Path, size: str) -> None:
    done = subprocess.run(
        command("--data", str(tmp_path), "--upload", size), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"mien: --upload {float(size):g}: must be more than 0 GiB")
    assert done.stderr.count("\n") == 1

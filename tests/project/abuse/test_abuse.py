"""Some damaged files on the real command and service; all of them: project/abuse/abuse.py."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches files as Linux does it")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_a_few_damaged_files_keep_the_promise(tmp_path: Path) -> None:
    for package in ("fastapi", "httpx", "uvicorn", "sqlalchemy"):
        pytest.importorskip(package)
    command = [sys.executable, str(ROOT / "project" / "abuse" / "abuse.py"), str(tmp_path)]
    done = subprocess.run(
        [*command, "--sources", "8", "--most", "50"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MIEN_ABUSE_PORT": str(free_port())},
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout == "50 files, 0 promises broken\n"
    for way in ("command", "service"):
        lines = (tmp_path / f"{way}.jsonl").read_text("utf-8").splitlines()
        notes = [json.loads(line) for line in lines]
        assert len({note["told"]["path"] for note in notes if "told" in note}) == 50


def test_what_is_opened_is_noticed(tmp_path: Path) -> None:
    from abuse_watch import memory, watched

    canary = tmp_path / "canary.wav"
    canary.write_bytes(b"x")
    port = free_port()
    with watched(canary, port) as shut:
        pass
    assert (shut.files, shut.calls) == (0, 0)
    with watched(canary, port) as opened:
        canary.read_bytes()
        socket.create_connection(("127.0.0.1", port)).close()
    assert (opened.files, opened.calls) == (1, 1)
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as running:
        assert memory(running.pid).keys() == {running.pid}
        assert memory(running.pid)[running.pid] > 0
        running.kill()


def test_the_page_is_that_of_the_report_and_no_promise_is_broken() -> None:
    from abuse_page import PAGE, page
    from abuse_report import NOTES

    run = json.loads(NOTES.read_text("utf-8"))
    assert PAGE.read_text("utf-8") == page(run)
    assert run["files"] >= 3000
    assert run["broken"] == []
    for way in run["ways"].values():
        assert way["files"] == run["files"]
        assert way["opened"] == 0

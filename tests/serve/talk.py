"""Talking to a server, also as no decent client would; what a problem looks like."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from mien.serve.problems import MEDIA_TYPE
from tests.serve.conftest import PATIENCE, Running


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem of a kind; gives its members."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:mien:problem:{code}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == answer.url.path
    return body


def left(server: Running) -> list[Path]:
    """What lies around of uploads."""
    return list(server.service.files.incoming.iterdir())


def raw(server: Running) -> socket.socket:
    parts = urlsplit(server.url)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 0), timeout=PATIENCE)


def read_all(connection: socket.socket) -> bytes:
    """What the server says until it hangs up."""
    said = b""
    try:
        while piece := connection.recv(65536):
            said += piece
    except ConnectionResetError:
        pass
    return said


def split(said: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = said.partition(b"\r\n\r\n")
    assert MEDIA_TYPE.encode() in head, said
    return int(head.split()[1]), json.loads(body)


def until(true: Callable[[], bool]) -> None:
    """Wait for something."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)

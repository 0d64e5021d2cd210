from __future__ import annotations

import socket
import time

import pytest

from mien.errors import UsageError
from mien.serve.server import address, listen
from tests.serve.conftest import Serving
from tests.serve.talk import raw, read_all, split


@pytest.mark.parametrize(
    "start", [b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"G"]
)
def test_a_client_that_never_finishes_its_headers_is_let_go(serving: Serving, start: bytes) -> None:
    server = serving(idle_seconds=0.3)
    with raw(server) as connection:
        connection.sendall(start)
        status, body = split(read_all(connection))
    assert (status, body["type"]) == (408, "urn:mien:problem:too-slow")


def drip(connection: socket.socket) -> None:
    """Send a byte now and then, for a long time."""
    for _ in range(10_000):
        connection.sendall(b"x")
        time.sleep(0.02)


def test_a_header_byte_now_and_then_does_not_help(serving: Serving) -> None:
    server = serving(idle_seconds=0.3)
    with raw(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            drip(connection)


def test_a_second_request_has_to_come_in_time_too(serving: Serving) -> None:
    server = serving(idle_seconds=0.3)
    with raw(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = b""
        while not said.endswith(b'{"status":"ok"}'):
            said += connection.recv(65536)
        connection.sendall(b"GET /heal")
        status, _ = split(read_all(connection))
    assert status == 408


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"HELLO\r\n\r\n"])
def test_what_is_no_http_is_a_problem_too(serving: Serving, sent: bytes) -> None:
    with raw(serving()) as connection:
        connection.sendall(sent)
        status, body = split(read_all(connection))
    assert (status, body["type"]) == (400, "urn:mien:problem:bad-request")


def test_headers_without_end_are_refused(serving: Serving) -> None:
    with raw(serving()) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000)
        assert read_all(connection).startswith(b"HTTP/1.1 4")


def test_a_refusal_arrives_although_the_body_is_not_read(serving: Serving) -> None:
    """Without a lingering close the client is reset while it sends, and the answer is lost."""
    server = serving(upload_bytes=2**20)
    head = b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6291456\r\n\r\n"
    for _ in range(20):
        with raw(server) as connection:
            connection.sendall(head + b"x" * 6 * 2**20)
            status, _ = split(read_all(connection))
        assert status == 413


def test_a_taken_port_is_said() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} of 127\.0\.0\.1 cannot .* --port"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 0), ("no.host.example", 0)]
)
def test_an_address_that_cannot_be_had(host: str, port: int) -> None:
    with pytest.raises(UsageError, match="port"):
        listen(host, port)


def test_answers_do_not_wait_for_acknowledgements() -> None:
    with listen("127.0.0.1", 0) as one, socket.create_connection(one.getsockname()):
        accepted, _ = one.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_addresses_are_urls() -> None:
    with listen("127.0.0.1", 0) as one:
        assert address(one) == f"http://127.0.0.1:{one.getsockname()[1]}"
    if socket.has_ipv6:
        with listen("::1", 0) as one:
            assert address(one) == f"http://[::1]:{one.getsockname()[1]}"

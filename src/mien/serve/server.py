"""uvicorn with a time limit for slow clients, quiet logs and a clean shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from mien.errors import UsageError
from mien.serve.lingering import LingeringTransport
from mien.serve.live_messages import MESSAGE
from mien.serve.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from mien.serve.settings import Settings

__all__ = ["Server", "listen"]

_BACKLOG = 2048
_LAST_SECONDS = 5  # that requests in work get when the server ends


class Server(uvicorn.Server):
    """One server process.

    Args:
        app: as from `create_app`.
        settings: of the same app.
        ready: called with the address once requests are answered.
    """

    def __init__(
        self, app: FastAPI, settings: Settings, ready: Callable[[str], None] | None = None
    ) -> None:
        protocol = type(
            "Protocol", (_HeaderTimeoutProtocol,), {"patience": settings.limits.idle_seconds}
        )
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                ws="websockets-sansio",
                ws_max_size=MESSAGE,
                ws_per_message_deflate=False,
                lifespan="on",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_graceful_shutdown=_LAST_SECONDS,
            )
        )
        _quiet_loggers()
        self._stopping: threading.Event = app.state.stopping
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then report the address."""
        await super().startup(sockets)
        if self._ready is not None and sockets:
            self._ready(address(sockets[0]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let streams end, then stop."""
        self._stopping.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end the server; it is no failure then, and not raised again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        previous = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal ends it in order, a second Ctrl-C at once."""
        self._stopping.set()
        super().handle_exit(sig, frame)


class _HeaderTimeoutProtocol(H11Protocol):
    """Closes connections whose request does not come to the end of its headers in time.

    uvicorn itself waits for ever, so that a few slow clients could hold every connection (slow
    loris). Bodies have limits of their own (`mien.serve.request_body`).
    """

    patience: float
    _timer: asyncio.TimerHandle | None = None
    _lingering: LingeringTransport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connects."""
        self._lingering = _UnreadRequestTransport(transport, self)
        super().connection_made(self._lingering)  # type: ignore[arg-type]
        self._arm()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Another protocol takes over the connection."""
        self.transport = self._lingering.inner
        super().handle_websocket_upgrade(event)

    def data_received(self, data: bytes) -> None:
        """Data arrives; between requests, a whole request has to arrive in time."""
        if self._lingering.lingering:
            self._lingering.discard(data)
            return
        super().data_received(data)
        if self.transport.get_protocol() is not self or self._in_work():
            self._disarm()
        elif self._timer is None:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._disarm()
        super().connection_lost(exc)

    def _in_work(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _arm(self) -> None:
        self._timer = self.loop.call_later(self.patience, self._give_up)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self._in_work() or self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE:
            self._answer(408, "too-slow", f"no whole request came in {self.patience:g} s")
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer invalid HTTP with a problem, too."""
        self._answer(400, "bad-request", msg.rstrip("."))
        self.transport.close()

    def _answer(self, status: int, code: str, detail: str) -> None:
        title = {400: "Bad Request", 408: "Request Timeout"}[status]
        body = {
            "type": f"urn:mien:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": "",
        }
        data = json.dumps(body).encode()
        headers = [
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(data))),
            ("Connection", "close"),
        ]
        start = h11.Response(status_code=status, headers=headers, reason=title)
        for event in (start, h11.Data(data=data), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


class _UnreadRequestTransport(LingeringTransport):
    """Lingers on close when a request was not fully read."""

    def __init__(self, transport: asyncio.Transport, protocol: H11Protocol) -> None:
        super().__init__(transport)
        self._protocol = protocol

    def close(self) -> None:
        """Close now, or linger first."""
        if self._protocol.conn.their_state is h11.SEND_BODY:
            self.linger()
        elif not self.lingering:
            self.inner.close()


def _quiet_loggers() -> None:
    """Keep clients from filling the log: invalid requests are answered, not logged."""
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").addFilter(_worth_noting)


def _worth_noting(record: logging.LogRecord) -> bool:
    return "without completing handshake" not in record.getMessage()


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else is started.

    Args:
        host: a name or address of this machine.
        port: 0 takes a free one.

    Raises:
        UsageError: it is taken, or cannot be had.
    """
    if not 0 <= port <= 65_535:
        raise UsageError(f"port {port}: must be 0 to 65535")
    _allow_many_connections()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        number = error.errno or 0  # below zero where the name is not known
        reason = os.strerror(number) if number > 0 else str(error)
        raise UsageError(
            f"port {port} of {host} cannot be used ({reason.lower()}); "
            "stop what uses it, or choose another with --port"
        ) from None
    # asyncio does this only for sockets that name TCP as their protocol, and these do not; without
    # it the second piece of an answer waits some 40 ms for the other side's acknowledgement
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def address(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _allow_many_connections() -> None:
    """Many systems start a program with 1024 open files allowed, each connection being one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

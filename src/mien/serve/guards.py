"""Checks that every request passes before its route, and headers of every response."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.serve.problems import Problem, response
from mien.serve.request_body import RequestBody

if TYPE_CHECKING:
    from mien.serve.settings import Settings

__all__ = ["BODY_BYTES", "REQUESTS", "SECURITY_HEADERS", "TRANSCRIPT_BYTES", "Guard"]

BODY_BYTES = 64 * 1024
"""The most that any request but an upload may send."""

FORM_BYTES = 64 * 1024
"""What an upload may send besides its files: field names, options, boundaries."""

REQUESTS = 1000
"""Requests in work at once, waiting and streaming ones included."""

TRANSCRIPT_BYTES = 8 * 2**20
"""What a request with a transcript may send."""

UPLOADS = frozenset({"/v1/jobs", "/v1/predict"})
_LINES = re.compile(r"/v1/jobs/[^/]+/lines")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; media-src 'self' blob:; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Cache-Control": "no-store",
}
"""Put on every answer that does not have its own value for one of them."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger("mien.serve")


class Guard:
    """ASGI middleware around the whole application.

    Refuses names that are not on the list (a page elsewhere could have its own name point at this
    machine: DNS rebinding), writes and WebSockets that another site's page sends, bodies that are
    too large, and more requests at once than can be held. An error that nobody expected is logged
    and answered as a problem.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.hosts = {name.lower() for name in settings.hosts}
        self.origins = {origin.lower().rstrip("/") for origin in settings.origins}
        self.upload_bytes = settings.limits.upload_bytes
        self.idle_seconds = settings.limits.idle_seconds
        self.busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        send = _secured(send)
        try:
            self._check(scope)
        except Problem as problem:
            await _refuse(problem, scope, receive, send)
            return
        self.busy += 1
        try:
            await self._forward(scope, receive, send)
        finally:
            self.busy -= 1

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if len(headers.getlist("host")) != 1 or _without_port(host) not in self.hosts:
            raise Problem(
                421,
                "unknown-host",
                "this server does not answer to that name; start it with --allow-host NAME",
            )
        if scope["type"] == "websocket" or scope["method"] not in _SAFE:
            self._check_origin(headers, host)
        if self.busy >= REQUESTS:
            raise Problem(429, "busy", "too many requests at once; try again", retry_after=1)
        if scope["type"] == "http" and _length(headers) > self._limit(scope):
            raise self._too_large(scope)

    def _check_origin(self, headers: Headers, host: str) -> None:
        """Programs send no origin; a browser always does where it matters."""
        origin = headers.get("origin")
        site = headers.get("sec-fetch-site", "none")
        if origin is None:
            allowed = site in ("none", "same-origin")
        else:
            origin = origin.lower().rstrip("/")
            allowed = origin in self.origins or _authority(origin) == host
        if not allowed:
            raise Problem(403, "other-origin", "pages of other sites may not do this")

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        body = RequestBody(receive, self._limit(scope), self.idle_seconds, self._too_large(scope))

        async def tracked_send(message: Message) -> None:
            body.answered = True
            await send(message)

        try:
            await self.app(scope, body, tracked_send)
        except Exception:
            _log.exception("%s failed", scope["path"])
            if body.answered:
                raise
            problem = Problem(500, "internal", "an error in mien; the server's log has the details")
            await _refuse(problem, scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        if _is_upload(scope):
            return self.upload_bytes + FORM_BYTES
        return TRANSCRIPT_BYTES if _is_transcript(scope) else BODY_BYTES

    def _too_large(self, scope: Scope) -> Problem:
        upload = _is_upload(scope)
        limit = self.upload_bytes if upload else self._limit(scope)
        advice = "; send several files one by one" if upload else ""
        return Problem(
            413,
            "too-large",
            f"a request may have {limit} bytes here{advice}",
            more={"limit": limit},
        )


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "POST" and scope["path"] in UPLOADS


def _is_transcript(scope: Scope) -> bool:
    return scope["method"] == "POST" and _LINES.fullmatch(scope["path"]) is not None


def _secured(send: Send) -> Send:
    async def secured(message: Message) -> None:
        if message["type"].endswith("response.start"):
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return secured


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        if "websocket.http.response" in scope.get("extensions", {}):
            await response(problem, scope["path"])(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": problem.detail})
        return
    await response(problem, scope["path"])(scope, receive, send)


def _length(headers: Headers) -> int:
    """The promised length; a list of lengths or worse has been refused by the parser of HTTP."""
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _authority(origin: str) -> str:
    """host[:port] of an origin; empty for `null` and what is not of the web."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""

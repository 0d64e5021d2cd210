"""Authentication: a key in a header, or a session cookie that was exchanged for a key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Annotated

from fastapi import APIRouter, Request, Response, Security, WebSocketException
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from mien.serve.problems import Problem, documented

__all__ = ["COOKIE", "Keys", "require_key", "router"]

COOKIE = "mien_session"
_HOURS = 12
_PURPOSE = b"mien session 1"
_POLICY_VIOLATION = 1008

_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="one of the server's keys")
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    scheme_name="session",
    description="what POST /v1/session gave for a key",
)


class Keys:
    """The accepted keys; all are compared, each in constant time."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._sums = [hashlib.sha256(key.encode()).digest() for key in keys]

    def __bool__(self) -> bool:
        """Whether a key is needed at all."""
        return bool(self._sums)

    def fit(self, key: str) -> bytes | None:
        """The stored digest of a valid key; None for any other."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        match = None
        for stored in self._sums:
            if hmac.compare_digest(stored, digest):
                match = stored
        return match

    def session(self, stored: bytes) -> str:
        """A new cookie: when it ends, a random part, and a seal made with the key.

        Nothing is kept for it; it is worth nothing once its key is taken off the list.
        """
        head = f"{int(time.time()) + _HOURS * 3600}.{secrets.token_urlsafe(16)}"
        return f"{head}.{_seal(stored, head)}"

    def fit_session(self, cookie: str) -> bool:
        """Whether one of the keys sealed this cookie and its time is not up."""
        head, _, seal = cookie.rpartition(".")
        seal_bytes = seal.encode("utf-8", "surrogatepass")
        sealed = False
        for stored in self._sums:
            sealed |= hmac.compare_digest(_seal(stored, head).encode(), seal_bytes)
        return sealed and int(head.partition(".")[0]) > time.time()


def _seal(stored: bytes, head: str) -> str:
    message = _PURPOSE + head.encode("utf-8", "surrogatepass")
    return hmac.new(stored, message, hashlib.sha256).hexdigest()


router = APIRouter(tags=["session"])


class KeyModel(BaseModel):
    """What is traded for a session."""

    key: str = Field(max_length=1000, description="one of the server's keys")


async def require_key(
    connection: HTTPConnection,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    cookie: Annotated[str | None, Security(_cookie)],
) -> None:
    """A dependency for requests and WebSockets: passes with a right key or session.

    Raises:
        Problem: 401. A WebSocket is refused with 403, as WebSocketException does it.
    """
    keys: Keys = connection.app.state.keys
    if not keys or (bearer is not None and keys.fit(bearer.credentials) is not None):
        return
    if cookie is not None and keys.fit_session(cookie):
        return
    if connection.scope["type"] == "websocket":
        raise WebSocketException(_POLICY_VIOLATION, "a key is needed")
    raise _wrong_key()


@router.post("/v1/session", status_code=204, responses=documented(401, 403, 413, 422))
def log_in(request: Request, body: KeyModel) -> Response:
    """Trade a key for a cookie (HttpOnly, SameSite=Strict) that lasts twelve hours.

    A page never has to keep the key itself. Without keys there is nothing to trade.
    """
    keys: Keys = request.app.state.keys
    response = Response(status_code=204)
    if not keys:
        return response
    stored = keys.fit(body.key)
    if stored is None:
        raise _wrong_key()
    response.set_cookie(
        COOKIE,
        keys.session(stored),
        max_age=_HOURS * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.delete("/v1/session", status_code=204, responses=documented(403))
def log_out() -> Response:
    """Take the cookie back."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def _wrong_key() -> Problem:
    return Problem(
        401,
        "wrong-key",
        "a right key is needed: Authorization: Bearer KEY",
        headers={"WWW-Authenticate": "Bearer"},
    )

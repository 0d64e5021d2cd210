"""Request bodies with limits on size and speed."""

from __future__ import annotations

import asyncio
from time import monotonic

from starlette.types import Message, Receive

from mien.serve.problems import Problem

__all__ = ["RATE", "RequestBody"]

RATE = 4096
"""Least bytes a second that a client has to send, averaged over the time it may pause."""


class RequestBody:
    """The `receive` of one request, with limits.

    Within any `seconds` a client must send `RATE * seconds` bytes or come to the end, so that a
    byte now and then does not hold a place for ever (slow loris). Once an answer is on its way
    nothing is limited any more: what comes then is not read as a body.

    Args:
        receive: of the server.
        limit: bytes of the whole body.
        seconds: see above.
        too_large: what to raise when it gets longer.
    """

    def __init__(self, receive: Receive, limit: int, seconds: float, too_large: Problem) -> None:
        self._receive, self._too_large = receive, too_large
        self._left, self._seconds, self._least_bytes = limit, seconds, RATE * seconds
        self._received, self._waited = 0, 0.0
        self._more = True
        self.answered = False

    async def __call__(self) -> Message:
        """The next message.

        Raises:
            Problem: 413 when the body is too long, 408 when it comes too slowly.
        """
        if self.answered or not self._more:
            return await self._receive()
        message = await self._receive_in_time()
        size = len(message.get("body", b""))
        self._more = bool(message.get("more_body", False))
        self._left -= size
        self._received += size
        if self._received >= self._least_bytes:
            self._received, self._waited = 0, 0.0
        if self._left < 0:
            raise self._too_large
        return message

    async def _receive_in_time(self) -> Message:
        """Receive a message; only waiting counts, not the time that the server takes to write."""
        start = monotonic()
        try:
            return await asyncio.wait_for(self._receive(), self._seconds - self._waited)
        except TimeoutError:
            detail = (
                f"less than {self._least_bytes:.0f} bytes came in {self._seconds:g} s; send it anew"
            )
            raise Problem(408, "too-slow", detail) from None
        finally:
            self._waited += monotonic() - start

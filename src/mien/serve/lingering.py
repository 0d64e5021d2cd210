"""Close a connection so that the response arrives although the request was not fully read."""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["LingeringTransport"]

_SECONDS = 2.0
_BYTES = 16 * 2**20


class LingeringTransport:
    """A transport whose `linger` sends all pending output, then discards further input.

    Closing with bytes unread makes the system reset the connection, and the other side may lose an
    answer that it has not read yet, such as the 429 that tells it when to come again. So this side
    only stops sending at first, for a short time and few bytes.

    Args:
        transport: of the connection; all else is passed on to it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self.inner = transport
        self.lingering = False
        self._left = _BYTES

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def is_closing(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.lingering or self.inner.is_closing()

    def linger(self) -> None:
        """Close in a while."""
        if self.is_closing():
            return
        self.lingering = True
        self.inner.write_eof()
        self.inner.resume_reading()
        asyncio.get_running_loop().call_later(_SECONDS, self.inner.abort)

    def discard(self, data: bytes) -> None:
        """Something still came."""
        self._left -= len(data)
        if self._left < 0:
            self.inner.abort()

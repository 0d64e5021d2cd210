"""Messages of a live client, and the few that are kept while the worker is busy."""

from __future__ import annotations

import asyncio
import struct
from collections import deque

from mien.errors import UsageError

__all__ = ["BACKLOG", "HEAD", "LENGTH", "MESSAGE", "PICTURE", "PIXELS", "SOUND", "Inbox", "unpack"]

PICTURE, SOUND = 1, 2
"""Kinds of messages."""
HEAD = struct.Struct("<Bd")
"""In front of each message: its kind, and its time in seconds."""
LENGTH = struct.Struct("<I")
"""In front of each message on its way to the worker."""
MESSAGE = 4 * 2**20
"""Bytes of a message, at most."""
PIXELS = 3840 * 2160
"""A larger picture is refused before it is decoded."""
BACKLOG = 5 * 16_000 * 4
"""Bytes of sound that wait, at most: five seconds."""


def unpack(message: bytes) -> tuple[int, float, bytes]:
    """Kind, time in seconds and payload of a message.

    Raises:
        UsageError: it is none; says what is wrong.
    """
    if len(message) <= HEAD.size:
        raise UsageError(f"message of {len(message)} bytes: must be kind, time and a payload")
    kind, time = HEAD.unpack_from(message)
    payload = message[HEAD.size :]
    if kind not in (PICTURE, SOUND):
        raise UsageError(f"message of kind {kind}: must be {PICTURE} (picture) or {SOUND} (sound)")
    if kind == SOUND and (len(payload) % 4 or len(payload) > BACKLOG):
        raise UsageError(
            f"sound of {len(payload)} bytes: must be float32 samples, 5 s of them at most"
        )
    return kind, float(time), payload


class Inbox:
    """The newest picture, and up to five seconds of sound; what is older is dropped and counted."""

    def __init__(self) -> None:
        self._picture: bytes | None = None
        self._sound: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._dropped = 0

    def put(self, message: bytes) -> None:
        """Take a message; raises `UsageError` for an invalid one."""
        kind, _, _ = unpack(message)
        if kind == PICTURE:
            self._dropped += self._picture is not None
            self._picture = message
        else:
            self._sound.append(message)
            while sum(map(len, self._sound)) > BACKLOG + len(self._sound) * HEAD.size:
                self._sound.popleft()
                self._dropped += 1
        self._filled.set()

    async def take(self) -> tuple[list[bytes], int]:
        """Wait until there is something; all of it, and how many were dropped since last time."""
        await self._filled.wait()
        self._filled.clear()
        messages = [*self._sound, *([self._picture] if self._picture is not None else [])]
        dropped, self._dropped = self._dropped, 0
        self._picture = None
        self._sound.clear()
        return messages, dropped

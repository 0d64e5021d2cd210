"""A file as a response: the whole of it, or one range."""

from __future__ import annotations

import re

from fastapi.responses import FileResponse
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from mien.serve.problems import Problem, response

__all__ = ["RangeFileResponse"]

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeFileResponse(FileResponse):
    """Answers a single range; without a valid one it sends the whole file (RFC 9110, 14.2).

    A range beyond the end is a problem (416). The size has to be given, as `stat_result`.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        text = Headers(scope=scope).get("range")
        if text is not None and not _is_range(text):
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            scope = {**scope, "headers": headers}
        elif text is not None and self.stat_result is not None:
            size = self.stat_result.st_size
            if _is_beyond(text, size):
                await response(_beyond(size), scope["path"])(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def _is_range(text: str) -> bool:
    match = _RANGE.fullmatch(text)
    if match is None:
        return False
    first, last = match.groups()
    return bool(last) if not first else not last or int(first) <= int(last)


def _is_beyond(text: str, size: int) -> bool:
    first, _, last = text.removeprefix("bytes=").partition("-")
    return int(first) >= size if first else int(last) == 0 or size == 0


def _beyond(size: int) -> Problem:
    headers = {"Content-Range": f"bytes */{size}"}
    return Problem(416, "no-such-range", f"the file has {size} bytes", headers=headers)

"""The server's handle of the worker process of one live session."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from mien.errors import MediaError, MienError
from mien.serve.live_messages import LENGTH, PIXELS

__all__ = ["LiveProcess", "WorkerFailedError", "started"]

_START = 120.0  # s; the model has to be read
_TURN = 20.0  # s; more than a hundred times what a picture takes
_LINE = 2**20  # bytes of an answer, at most

_log = logging.getLogger("mien.serve")


class WorkerFailedError(MienError):
    """The worker ended or hung without saying why."""


class LiveProcess:
    """Sends messages to a worker and returns its answers, one at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def ask(self, messages: Sequence[bytes]) -> dict[str, Any]:
        """The answer after these messages.

        Raises:
            MediaError: a message cannot be used.
            WorkerFailedError: the worker died of it.
        """
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.writelines(LENGTH.pack(len(m)) + m for m in messages)
            stream.write(LENGTH.pack(0))
            await asyncio.wait_for(stream.drain(), _TURN)
        except (ConnectionError, TimeoutError):
            pass  # its last words, if it has any, are read below
        return await self.hear(_TURN)

    async def hear(self, patience: float) -> dict[str, Any]:
        """The next message of the worker, within `patience` seconds."""
        stream = self._process.stdout
        assert stream is not None
        try:
            line = await asyncio.wait_for(stream.readline(), patience)
        except TimeoutError:
            raise WorkerFailedError(f"no answer in {patience:g} s") from None
        if not line:
            raise WorkerFailedError("the process ended; was a picture too large for its memory?")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            _log.error("a live worker failed\n%s", answer["failed"])
            raise WorkerFailedError("an error in mien; the server's log has the details")
        if "problem" in answer:
            raise MediaError(str(answer["problem"]))
        return answer


@asynccontextmanager
async def started(options: dict[str, object]) -> AsyncIterator[LiveProcess]:
    """A worker that is ready; it is gone when the context is left.

    Args:
        options: see `live_worker.main`.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MIEN_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "mien.serve.live_worker", json.dumps(options)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=_LINE,
        env=environment | {"OPENCV_IO_MAX_IMAGE_PIXELS": str(PIXELS)},
        start_new_session=True,
    )
    try:
        worker = LiveProcess(process)
        await worker.hear(_START)
        yield worker
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

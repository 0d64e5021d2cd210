"""A supervisor's handle of its worker process."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from threading import Event, Thread
from typing import Any

from mien.errors import MienError
from mien.serve.settings import Settings
from mien.serve.tasks import WorkRequest

__all__ = ["WorkerProcess", "WorkerStartError"]

_START = 120.0  # s; the model has to be read

Message = Mapping[str, Any]


class WorkerStartError(MienError):
    """A worker did not start; the message says why."""


class WorkerProcess:
    """A worker that is ready for requests.

    Args:
        settings: of the service.
        stopping: not waited for any longer once this is set.

    Raises:
        WorkerStartError: it does not come up.
    """

    def __init__(self, settings: Settings, stopping: Event | None = None) -> None:
        options = {
            "parent": os.getpid(),
            "data": str(settings.data.absolute()),
            "model": settings.model,
            "device": settings.device,
            "threads": settings.threads,
            "limits": asdict(settings.limits),
        }
        # keys of the service are no business of a process that decodes what strangers send
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MIEN_")}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mien.serve.worker", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        Thread(target=self._read, name="mien-worker-output", daemon=True).start()
        self._wait_until_ready(stopping or Event())

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    def order(self, request: WorkRequest) -> None:
        """Send a request; `hear` then returns its messages, or None if the worker is dead."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(json.dumps(asdict(request)).encode() + b"\n")
            self._process.stdin.flush()

    def hear(self, seconds: float) -> Message | None:
        """The next message; None when the process has ended.

        Raises:
            TimeoutError: nothing came for so many seconds.
        """
        try:
            return self._messages.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None

    def kill(self) -> None:
        """End it at once, and wait for the end."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):  # what was not yet sent
            self._process.stdin.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream, suppress(ValueError):  # killed within a line
            for line in stream:
                self._messages.put(json.loads(line))
        self._messages.put(None)

    def _wait_until_ready(self, stopping: Event) -> None:
        first: Message | None = {"cannot": f"the worker was not ready in {_START:g} s"}
        end = time.monotonic() + _START
        while time.monotonic() < end and not stopping.is_set():
            with suppress(TimeoutError):
                first = self.hear(0.2)
                break
        if first is not None and "ready" in first:
            return
        self.kill()
        raise WorkerStartError("a worker ended at once" if first is None else str(first["cannot"]))

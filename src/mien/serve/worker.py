"""A worker process: reads requests from stdin and writes messages to stdout, a JSON line each.

What strangers send is decoded here and nowhere else. It may not grow beyond its memory nor write
larger files than allowed, and ends with the server, however that ends. `worker_process` is the
other end.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import cv2

from mien.core.processes import worker
from mien.errors import MienError
from mien.inference.bundle import load
from mien.inference.session import Session
from mien.serve.confine import confine
from mien.serve.files import JobFiles
from mien.serve.settings import Limits
from mien.serve.tasks import JobRunner, WorkRequest

__all__ = ["main"]

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_MEMORY = ("bad_alloc", "bad allocation", "Failed to allocate", "start new thread")


def main() -> None:
    """Carry out requests until stdin ends; the first argument is a JSON object.

    parent: number of the server's process; data: its folder; model, device, threads: as for
    `mien.inference.bundle.load`; limits: the fields of `Limits`.
    """
    answers = _only_for_answers()

    def say(message: Mapping[str, Any]) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()

    options = json.loads(sys.argv[1])
    worker(options["parent"])
    os.umask(0o077)
    cv2.setNumThreads(options["threads"])
    limits = Limits(**options["limits"])
    try:
        bundle = load(options["model"], options["threads"], options["device"])
        Session(bundle)  # reads what it needs now, before memory is limited
    except MienError as error:
        say({"cannot": str(error)})
        return
    confine(limits.memory, limits.output_bytes)
    runner = JobRunner(bundle, JobFiles(Path(options["data"])), limits, say)
    say({"ready": True})
    for line in sys.stdin.buffer:
        outcome = _carry_out(WorkRequest(**json.loads(line)), runner)
        say(outcome)
        if "exhausted" in outcome:
            return  # with a fresh process in its place, the next job has all of the memory


def _carry_out(request: WorkRequest, runner: JobRunner) -> dict[str, Any]:
    """The last message about a request: done, failed, full (disk), exhausted (memory) or error."""
    try:
        return {"done": runner.do(request)}
    except Exception as error:
        source = str(runner.files.source(request.id))
        limits, errnos = runner.limits, {getattr(e, "errno", None) for e in _chain(error)}
        if errnos & {*_FULL}:
            return {"full": True}
        if errno.EFBIG in errnos:
            size = f"{limits.output_bytes / 2**20:,.0f} MiB"
            return {"failed": f"{request.name}: a result would be larger than {size}; cut the clip"}
        if any(_is_memory(e) for e in _chain(error)):
            size = f"{limits.memory / 2**20:,.0f} MiB"
            reason = f"needs more than {size} of memory, or is damaged"
            return {"exhausted": f"{request.name}: {reason}; send it smaller or in parts"}
        if isinstance(error, MienError):
            line = str(error).replace(source, request.name).replace("\n", " ")
            return {"failed": line if request.name in line else f"{request.name}: {line}"}
        return {"error": traceback.format_exc()}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes, also where `from None` hides them."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "code", None) == cv2.Error.StsNoMem:
        return True
    return any(text in str(error) for text in _NO_MEMORY)


def _only_for_answers() -> BinaryIO:
    """Standard output for our messages only: libraries now write to stderr instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    main()

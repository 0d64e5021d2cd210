"""The server's hold on the process that reads a transcript."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from typing import Any

from mien.serve.problems import Problem

__all__ = ["read_lines"]

_PATIENCE = 120.0  # s; the machine may be busy
_log = logging.getLogger("mien.serve")


async def read_lines(
    told: dict[str, Any], content: bytes, places: asyncio.Semaphore
) -> dict[str, Any]:
    """The lines of a transcript, as `mien.inference.transcript.result.Lines.to_dict` has them.

    Args:
        told: see `mien.serve.lines_worker.main`.
        content: of the transcript.
        places: as many may be read at once.

    Raises:
        Problem: 422 where nothing can be made of it, 503 where the process hung or died.
    """
    async with places:
        answer = await _asked(told, content)
    if "failed" in answer:
        _log.error("a transcript failed\n%s", answer["failed"])
        raise Problem(503, "lines-failed", "an error in mien; the server's log has the details")
    if "problem" in answer:
        raise Problem(422, "not-lines", str(answer["problem"]).replace("<bytes>", told["name"]))
    lines: dict[str, Any] = answer["lines"]
    return lines


async def _asked(told: dict[str, Any], content: bytes) -> dict[str, Any]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MIEN_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "mien.serve.lines_worker", json.dumps(told)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env=environment,
        start_new_session=True,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(content), _PATIENCE)
        answer: dict[str, Any] = json.loads(out)
    except TimeoutError:
        detail = f"the transcript was not read in {_PATIENCE:g} s; is it very long?"
        raise Problem(503, "lines-failed", detail) from None
    except ValueError:
        detail = "the process that read the transcript ended; is it damaged, or very long?"
        raise Problem(422, "not-lines", detail) from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return answer

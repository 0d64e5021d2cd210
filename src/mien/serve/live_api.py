"""The WebSocket /v1/live: a camera and a microphone in, answers out; nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field

from mien.errors import MediaError, UsageError
from mien.inference.analysis import Options
from mien.inference.live import LONGEST
from mien.serve.live_messages import MESSAGE, Inbox
from mien.serve.live_process import LiveProcess, WorkerFailedError, started
from mien.serve.problems import Problem, documented, response

if TYPE_CHECKING:
    from mien.serve.settings import Settings

__all__ = ["MESSAGE", "router"]

_RETRY = 10  # s

router = APIRouter(tags=["live"])


class LiveRoom(BaseModel):
    """Whether there is room for another live session."""

    running: int = Field(ge=0, examples=[0])
    allowed: int = Field(ge=0, examples=[2])


@dataclass
class _SessionLimit:
    """The number of live sessions, and the largest number allowed."""

    most: int
    taken: int = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Count one more session; raises a problem (429) at the limit."""
        if self.taken >= self.most:
            raise Problem(
                429,
                "live-full",
                f"{self.most} live sessions are running, which is all this server allows; wait",
                retry_after=_RETRY,
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class _SessionClosed(Exception):  # noqa: N818 (a hang-up is no error of the program)
    """Ends a session: the close code and the problem that the client gets."""

    def __init__(self, code: int, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.code, self.problem = code, problem


@router.get("/v1/live", responses=documented(401))
def live_room(request: Request) -> LiveRoom:
    """How many live sessions run, and may; the sessions themselves are WebSockets at this address.

    Connect with the query parameters `window` (seconds the answer looks back, a multiple of 0.5
    up to 60; 2 by default), `people` (follow at most so many faces) and `fps` (look at so many
    pictures a second at most; 30 by default). Then send binary messages, each of one byte (1 = a
    JPEG picture, 2 = sound), the time in seconds as a little-endian float64, and the JPEG file or
    float32 little-endian mono samples at 16 kHz. Each answer is a text message in JSON:

    `{"t": seconds, "span": {...} or null, "people": [{"id": 1, "box": [x0, y0, x1, y1],
    "label": "happy", "probabilities": {...}}], "dropped": 0}`

    where `span` is a window as in a timeline, people have the label of their face alone (null where
    there is nothing to go by yet), the main person first, boxes are in pixels of the picture sent
    at `t`, and `dropped` counts the messages that were passed over since the last answer because
    newer ones had come. What goes wrong comes as `{"problem": {...}}`, and then the connection is
    closed.
    """
    sessions = _session_limit(request.app)
    return LiveRoom(running=sessions.taken, allowed=sessions.most)


@router.websocket("/v1/live")
async def live(socket: WebSocket) -> None:
    """One session, from handshake to hang-up."""
    settings: Settings = socket.app.state.settings
    try:
        options = _options(socket)
        with _session_limit(socket.app).take():
            await socket.accept()
            await _session(socket, settings, options)
    except Problem as problem:
        await socket.send_denial_response(response(problem, socket.url.path))


async def _session(socket: WebSocket, settings: Settings, options: dict[str, object]) -> None:
    inbox = Inbox()
    worker_options = options | {
        "model": settings.model,
        "device": settings.device,
        "threads": settings.threads,
        "memory": settings.limits.memory,
    }
    patience = settings.limits.idle_seconds
    try:
        await _first_of(
            _receive(socket, inbox, patience), _answer(socket, inbox, worker_options, patience)
        )
    except _SessionClosed as end:
        await _hang_up(socket, end)
    except WebSocketDisconnect:
        pass


async def _receive(socket: WebSocket, inbox: Inbox, patience: float) -> None:
    """Put what comes in into the inbox; never waits for the worker."""
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), patience)
        except TimeoutError:
            problem = Problem(408, "idle", f"nothing came for {patience:g} s")
            raise _SessionClosed(1008, problem) from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        content = message.get("bytes")
        if content is None:
            raise _SessionClosed(1003, Problem(415, "not-binary", "send binary messages"))
        if len(content) > MESSAGE:
            detail = f"a message of {len(content)} bytes; {MESSAGE} are allowed"
            raise _SessionClosed(1009, Problem(413, "too-large", detail, more={"limit": MESSAGE}))
        try:
            inbox.put(content)
        except UsageError as error:
            raise _SessionClosed(1007, Problem(422, "invalid", str(error))) from None


async def _answer(
    socket: WebSocket, inbox: Inbox, options: dict[str, object], patience: float
) -> None:
    """Send the inbox to the worker and its answer to the client, again and again."""
    try:
        async with started(options) as worker:
            while True:
                await _turn(socket, inbox, worker, patience)
    except (MediaError, UsageError) as error:
        raise _SessionClosed(1007, Problem(422, "invalid", str(error))) from None
    except WorkerFailedError as error:
        raise _SessionClosed(1011, Problem(500, "live-failed", str(error))) from None


async def _turn(socket: WebSocket, inbox: Inbox, worker: LiveProcess, patience: float) -> None:
    messages, dropped = await inbox.take()
    answer = await worker.ask(messages)
    try:
        await asyncio.wait_for(socket.send_json(answer | {"dropped": dropped}), patience)
    except TimeoutError:
        detail = f"no answer was read for {patience:g} s"
        raise _SessionClosed(1008, Problem(408, "idle", detail)) from None


async def _first_of(*jobs: Coroutine[None, None, None]) -> None:
    """Run all until one ends; what it raised is raised, the others are cancelled."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _hang_up(socket: WebSocket, end: _SessionClosed) -> None:
    body = end.problem.body(socket.url.path)
    try:
        await asyncio.wait_for(socket.send_json({"problem": body}), 1)
        await asyncio.wait_for(socket.close(end.code), 1)
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        pass  # the other side has gone already


def _session_limit(app: FastAPI) -> _SessionLimit:
    """The application's own count of live sessions."""
    if not hasattr(app.state, "live"):
        app.state.live = _SessionLimit(app.state.settings.limits.live)
    sessions: _SessionLimit = app.state.live
    return sessions


def _options(socket: WebSocket) -> dict[str, object]:
    """Window, people and fps of the query; raises a problem (422) for what cannot be used."""
    query = socket.query_params
    try:
        window = float(query.get("window", 2.0))
        people = int(query["people"]) if "people" in query else None
        fps = float(query["fps"]) if "fps" in query else None
        if window > LONGEST:
            raise UsageError(f"window {window:g}: must be at most {LONGEST:g} s")
        Options(window=window, people=people, fps=fps)
    except ValueError as error:  # a UsageError is one too
        raise Problem(422, "invalid", str(error)) from None
    return {"window": window, "people": people, "fps": fps}

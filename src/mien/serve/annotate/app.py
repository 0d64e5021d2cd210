"""The application behind the page: tasks, labels, clips, and mien's answer when it is asked for."""

from __future__ import annotations

import mimetypes
import threading
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from mien import __version__
from mien.errors import MienError, OutputError, UsageError
from mien.labels import LabelSet
from mien.serve import auth, page_api
from mien.serve.annotate.hints import Hints
from mien.serve.annotate.ledger import NO_USE, Ledger, Mark, coder_name
from mien.serve.annotate.tasks import RESULTS, Task, keys_of, root_of, tasks_of
from mien.serve.auth import Keys, require_key
from mien.serve.file_response import RangeFileResponse
from mien.serve.guards import Guard
from mien.serve.problems import Problem, add_handlers, response
from mien.serve.settings import Settings

__all__ = ["annotation_app"]

_PAGE = Path(str(resources.files("mien.serve.annotate") / "page"))
_FRESH = {"Cache-Control": "no-cache"}


class MarkModel(BaseModel):
    """A label for a stretch; null takes it back."""

    label: str | None = Field(max_length=200)
    answer_seen: bool = False


def annotation_app(settings: Settings, source: Path, labels: LabelSet) -> FastAPI:
    """The application, to be run by one process.

    Args:
        settings: addresses, keys and model; its data folder is not used.
        source: a folder of clips, or a sheet.
        labels: that can be given.

    Raises:
        UsageError: there is nothing to label.
    """
    tasks = tasks_of(source)
    ledger = Ledger(root_of(source) / RESULTS, tasks)
    app = FastAPI(title="mien annotate", version=__version__, docs_url=None, redoc_url=None)
    app.state.settings, app.state.stopping = settings, threading.Event()
    app.state.keys = Keys(settings.keys)
    app.add_middleware(Guard, settings=settings)
    app.include_router(auth.router)
    app.include_router(_page())
    protected = [Depends(require_key)]
    app.include_router(_labelling(ledger, tasks, labels), dependencies=protected)
    app.include_router(_looking(tasks, Hints(settings.model)), dependencies=protected)
    app.mount("/static/annotate", StaticFiles(directory=_PAGE))
    app.mount("/static", page_api.static())
    add_handlers(app)
    app.add_exception_handler(MienError, _mien_error)
    return app


def _page() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def page() -> FileResponse:
        return FileResponse(_PAGE / "annotate.html", headers=_FRESH)

    return router


def _labelling(ledger: Ledger, tasks: list[Task], labels: LabelSet) -> APIRouter:
    router = APIRouter(prefix="/v1/annotation")
    allowed = {*labels.names, NO_USE}

    @router.get("")
    def everything() -> dict[str, Any]:
        stretches = [{"id": t.id, "clip": t.clip, "start": t.start, "end": t.end} for t in tasks]
        return {"labels": keys_of(labels.names), "tasks": stretches}

    @router.get("/coders/{coder}")
    def marks(coder: str) -> dict[str, Any]:
        name = coder_name(coder)
        labelled = {task: mark.label for task, mark in ledger.marks(name).items()}
        return {"coder": name, "marks": labelled, "file": str(ledger.path(name))}

    @router.put("/coders/{coder}/{task}")
    def put(coder: str, task: str, mark: MarkModel) -> dict[str, str | None]:
        if mark.label is not None and mark.label not in allowed:
            raise UsageError(f"label '{mark.label}' is none of {', '.join(labels.names)}")
        new_mark = None if mark.label is None else Mark(mark.label, mark.answer_seen)
        ledger.put(coder_name(coder), task, new_mark)
        return {"label": mark.label}

    return router


def _looking(tasks: list[Task], hints: Hints) -> APIRouter:
    router = APIRouter(prefix="/v1/annotation")
    by_id = {task.id: task for task in tasks}

    def known(task: str) -> Task:
        if task not in by_id:
            raise Problem(404, "no-such-stretch", "there is no such stretch; load the page again")
        return by_id[task]

    @router.get("/clips/{task}")
    def clip(task: str) -> FileResponse:
        path = known(task).path
        if not path.is_file():
            raise Problem(404, "no-such-clip", f"{path.name} is no longer there")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return RangeFileResponse(path, media_type=kind, headers=_FRESH, stat_result=path.stat())

    @router.get("/answers/{task}")
    def answer(task: str) -> dict[str, Any]:
        values = hints.probabilities(known(task))
        return {"probabilities": None if values is None else dict(values)}

    return router


async def _mien_error(request: Request, error: Exception) -> JSONResponse:
    """Errors of mien's own, as the service tells them."""
    if isinstance(error, OutputError):
        problem = Problem(507, "not-written", str(error))
    else:
        problem = Problem(422, "not-usable", str(error))
    return response(problem, request.url.path)

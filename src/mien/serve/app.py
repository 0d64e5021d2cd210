"""The FastAPI application: how it is put together, its routes, startup and shutdown."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from anyio import to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from mien import __version__
from mien.errors import UsageError
from mien.inference.bundle import load
from mien.inference.transcript.result import lines_schema_parts
from mien.output.answer_schema import schema_parts
from mien.serve import (
    auth,
    health_api,
    jobs_api,
    lines_api,
    live_api,
    page_api,
    predict_api,
    results_api,
)
from mien.serve.admission import RETRY, Admission
from mien.serve.auth import Keys, require_key
from mien.serve.files import JobFiles
from mien.serve.guards import Guard
from mien.serve.metrics import Measure, Metrics
from mien.serve.models import ANSWERS, ModelModel
from mien.serve.pool import Pool
from mien.serve.problems import Problem, add_handlers, response
from mien.serve.service import BundleInfo, Service
from mien.serve.settings import Settings
from mien.serve.store import JobStore, StoreError

__all__ = ["create_app"]

_ABOUT = """Which of seven emotions the people in a video show, from face and voice together.

An answer says what a face and a voice *show*, as people who were asked would name it. It does not
say what somebody feels or thinks, and it is no ground for decisions about people.
"""


class _App(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, with the schema of answers, which FastAPI does not know."""
        document = super().openapi()
        document["components"]["schemas"].update(
            schema_parts(ANSWERS) | lines_schema_parts(ANSWERS)
        )
        return document


def create_app(settings: Settings) -> FastAPI:
    """The application, to be run by one process of an ASGI server.

    Raises:
        BundleError: the model cannot be used.
        UsageError: the database or the data folder cannot be used.
        StoreError: it cannot be reached.
    """
    service = _service(settings)
    app = _App(
        title="mien",
        version=__version__,
        description=_ABOUT,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.settings, app.state.service = settings, service
    app.state.keys, app.state.stopping = Keys(settings.keys), service.stopping
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Measure, metrics=service.metrics)
    _add_routes(app)
    add_handlers(app)
    app.add_exception_handler(StoreError, _store_error)
    return app


def _service(settings: Settings) -> Service:
    bundle = load(settings.model, settings.threads, settings.device)
    model = ModelModel(name=bundle.spec.name, sha256=bundle.sha256)
    files = JobFiles(settings.data)
    _make(files)
    store = JobStore(settings.database_url, timedelta(hours=settings.keep_hours))
    metrics = Metrics(store.counts)
    return Service(
        settings=settings,
        store=store,
        files=files,
        pool=Pool(settings, store, files),
        metrics=metrics,
        admission=Admission(settings, store, files, metrics),
        about=BundleInfo(
            model,
            bundle.labels.names,
            {branch: bundle.modality(branch) for branch in bundle.spec.branches},
        ),
        bundle=bundle,
        stopping=threading.Event(),
    )


def _make(files: JobFiles) -> None:
    try:
        files.make()
    except OSError as error:
        raise UsageError(
            f"{files.data}: cannot be written ({error.strerror}); choose another with --data"
        ) from None


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await to_thread.run_sync(service.pool.start)
    try:
        yield
    finally:
        service.stopping.set()
        await to_thread.run_sync(service.pool.stop)
        service.store.close()


def _add_routes(app: FastAPI) -> None:
    """If keys are set, all but the page, /v1/info, the session and the probes need one."""
    for module in (auth, health_api, page_api):
        app.include_router(module.router)
    protected = [Depends(require_key)]
    for module in (jobs_api, results_api, lines_api, predict_api, live_api):
        app.include_router(module.router, dependencies=protected)
    app.include_router(health_api.metrics_router, dependencies=protected)
    app.mount("/static", page_api.static())


async def _store_error(request: Request, error: Exception) -> JSONResponse:
    """Answer 503 or 507 for an unreachable or full database: not the request's fault."""
    assert isinstance(error, StoreError)
    if error.full:
        problem = Problem(507, "disk-full", "the database's disk is full", retry_after=60)
    else:
        problem = Problem(503, "no-database", "the database cannot be reached", retry_after=RETRY)
    return response(problem, request.url.path)

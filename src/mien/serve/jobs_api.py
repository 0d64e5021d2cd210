"""/v1/jobs: submit clips, follow their jobs, cancel and delete them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from mien.errors import UsageError
from mien.serve.models import AcceptedModel, JobModel, PageModel, job_model, refused_model
from mien.serve.problems import Problem, documented
from mien.serve.service import TheJob, TheService
from mien.serve.store import Job, State
from mien.serve.uploads import FORM

__all__ = ["router"]

_POLL_SECONDS = 0.4  # s between looks at a job that somebody watches
_STREAMS = 200
_NO_ZERO = r"^[^\x00]*$"  # PostgreSQL has no text with it

router = APIRouter(tags=["jobs"])


@router.post(
    "/v1/jobs",
    status_code=202,
    openapi_extra=FORM,
    responses=documented(400, 401, 403, 408, 413, 415, 422, 429, 507),
)
async def give(request: Request, service: TheService) -> AcceptedModel:
    """Give one or more clips, as multipart/form-data.

    Once a job is accepted, neither a crash nor a restart of the server loses it. Files that are
    not taken are listed with the reason; where none is, the answer is the first one's problem.
    """
    async with service.admission.receive(request) as form:
        jobs, refused = await to_thread.run_sync(service.accept, form)
    refusals = [refused_model(refusal, request.url.path) for refusal in refused]
    if not jobs:
        first = refused[0].problem
        first.more["refused"] = [refusal.model_dump() for refusal in refusals]
        raise first
    return AcceptedModel(jobs=[job_model(job) for job in jobs], refused=refusals)


@router.get("/v1/jobs", responses=documented(401, 422))
def jobs(
    service: TheService,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[
        str | None, Query(max_length=200, pattern=_NO_ZERO, description="`next` of a page")
    ] = None,
    search: Annotated[
        str, Query(max_length=200, pattern=_NO_ZERO, description="part of a name")
    ] = "",
    state: State | None = None,
) -> PageModel:
    """The jobs, newest first, a page at a time."""
    try:
        matches, following = service.store.page(limit, after, search, state)
    except UsageError as error:
        raise Problem(422, "invalid", str(error)) from None
    return PageModel(jobs=[job_model(job) for job in matches], next=following)


@router.get("/v1/jobs/{id}", responses=documented(401, 404))
async def job(job: TheJob) -> JobModel:
    """One job: its state, how far it is, and in short what came of it."""
    return job_model(job)


@router.post("/v1/jobs/{id}/cancel", responses=documented(401, 403, 404))
def cancel(job: TheJob, service: TheService) -> JobModel:
    """Stop a job that waits or runs; one that has ended stays as it is."""
    return job_model(service.cancel(job.id) or job)


@router.delete("/v1/jobs/{id}", status_code=204, responses=documented(401, 403, 404))
def remove(job: TheJob, service: TheService) -> Response:
    """Stop a job and delete its clip and its results."""
    service.remove(job.id)
    return Response(status_code=204)


async def _stream(service: TheService) -> AsyncIterator[None]:
    if service.streams >= _STREAMS:
        raise Problem(429, "streams-full", f"{_STREAMS} jobs are being watched", retry_after=5)
    service.streams += 1
    try:
        yield
    finally:
        service.streams -= 1


@router.get(
    "/v1/jobs/{id}/events",
    response_class=EventSourceResponse,
    dependencies=[Depends(_stream)],
    responses=documented(401, 404, 429),
)
async def events(job: TheJob, service: TheService) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: `job`, with the job as its data, now and at each change.

    Ends when the job has ended and what the page can play is settled, or the job is deleted.
    """
    shown = None
    current: Job | None = job
    while current is not None and not service.stopping.is_set():
        if current != shown:
            data = job_model(current).model_dump_json(by_alias=True)
            yield ServerSentEvent(event="job", raw_data=data)
            shown = current
        if current.ended and current.media != "making":
            return
        await asyncio.sleep(_POLL_SECONDS)
        current = await to_thread.run_sync(service.store.get, job.id)

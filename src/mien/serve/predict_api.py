"""/v1/predict: send a short clip and get the answer in one call; nothing is kept."""

from __future__ import annotations

import asyncio

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from mien.serve.models import ANSWER
from mien.serve.problems import Problem, documented
from mien.serve.service import Service, TheService
from mien.serve.store import Job
from mien.serve.uploads import FORM_ONE

__all__ = ["router"]

_POLL_SECONDS = 0.1  # s between looks at the job

router = APIRouter(tags=["jobs"])


@router.post(
    "/v1/predict",
    openapi_extra=FORM_ONE,
    responses={
        200: ANSWER,
        **documented(400, 401, 403, 408, 413, 415, 422, 429, 503, 507),
    },
)
async def predict(request: Request, service: TheService) -> Response:
    """Give one short clip, as multipart/form-data, and wait for the answer.

    A clip that is longer than `limits.predict_seconds` of /v1/info is refused: give it to
    /v1/jobs. When the client goes away the work is stopped.
    """
    async with service.admission.receive(request) as form:
        if len(form.files) + len(form.refused) > 1:
            raise Problem(422, "one-file", "give one file here, or several to /v1/jobs")
        jobs, refused = await to_thread.run_sync(lambda: service.accept(form, kept=False))
    if refused:
        raise refused[0].problem
    try:
        answer = await _answer(request, service, jobs[0])
    finally:
        await to_thread.run_sync(service.remove, jobs[0].id)
    return Response(answer, media_type="application/json")


async def _answer(request: Request, service: Service, submitted: Job) -> bytes:
    job: Job | None = submitted
    while job is not None and not job.ended:
        if service.stopping.is_set() or await request.is_disconnected():
            raise Problem(503, "stopping", "the server ends; try again", retry_after=10)
        await asyncio.sleep(_POLL_SECONDS)
        job = await to_thread.run_sync(service.store.get, submitted.id)
    if job is None or job.state == "cancelled":
        raise Problem(503, "stopped", "the job was stopped before its end", retry_after=10)
    if job.state == "failed":
        raise Problem(422, "job-failed", job.error or "the clip could not be analysed")
    return await to_thread.run_sync(service.files.result(job.id, "json").read_bytes)

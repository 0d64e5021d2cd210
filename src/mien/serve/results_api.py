"""Results of a job: the answer in each format, the annotated video, and media for the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, JSONResponse, Response

from mien.errors import UsageError, printable
from mien.inference.baseline.compare import compared, named_stretch
from mien.output.answer import prediction_from_dict
from mien.serve.file_response import RangeFileResponse
from mien.serve.files import FORMATS, suffix
from mien.serve.media_type import HEAD, media_type
from mien.serve.models import ANSWER, RELATIVE, JobModel, job_model
from mien.serve.problems import Problem, documented
from mien.serve.service import Service, TheJob, TheService, no_such_job
from mien.serve.store import Job
from mien.types import Prediction

__all__ = ["file_of", "need_done", "router"]

_RETRY = 2
_SHOWN = 40  # characters of an unknown format
_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "srt": "application/x-subrip; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "eaf": "application/xml",
    "textgrid": "text/plain; charset=utf-8",
    "video": "video/mp4",
}
_REPORT = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "frame-ancestors 'none'"
    )
}
"""A report brings its own style; should it ever bring more, it has no rights here."""

_REVALIDATE = {"Cache-Control": "private, no-cache"}
"""A player asks for many pieces of one file, and may keep them as long as the file is the same."""

router = APIRouter(tags=["results"])


def _file_body(*kinds: str) -> dict[str, Any]:
    return {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}}


@router.get(
    "/v1/jobs/{id}/result",
    response_class=FileResponse,
    responses={200: ANSWER, **documented(401, 404, 409)},
)
def result(job: TheJob, service: TheService) -> FileResponse:
    """The answer: `Prediction.to_dict()`, the same that `mien predict --json` prints."""
    return _result(job, service, "json")


@router.get("/v1/jobs/{id}/relative", responses={200: RELATIVE, **documented(401, 404, 409, 422)})
def relative(
    job: TheJob,
    service: TheService,
    baseline: Annotated[
        str, Query(max_length=40, description="auto, or START-END in seconds", examples=["0-20"])
    ] = "auto",
) -> Response:
    """The answer compared with how its people usually look and sound; nothing is analysed again."""
    _need_done(job)
    with _missing_as_problem():
        answer = json.loads(service.files.result(job.id, "json").read_bytes())
    return JSONResponse(_relative(service, prediction_from_dict(answer), baseline))


def _relative(service: Service, prediction: Prediction, baseline: str) -> dict[str, Any]:
    try:
        if baseline != "auto" and named_stretch(baseline) is None:
            raise UsageError(f"baseline '{baseline}': must be auto, or START-END in seconds")
        answer, _ = compared(prediction, service.bundle, baseline, _never)
    except UsageError as error:
        raise Problem(422, "no-baseline", str(error)) from None
    assert answer.relative is not None  # that is what `compared` adds
    return answer.relative.to_dict()


def _never(path: Path) -> Prediction:
    raise AssertionError(f"{path}: no other file is read here")


@router.get(
    "/v1/jobs/{id}/result.mp4",
    response_class=FileResponse,
    responses={
        200: _file_body("video/mp4"),
        202: {"model": JobModel, "description": "it is being made; ask again"},
        **documented(401, 404, 409),
    },
)
def annotated(job: TheJob, service: TheService) -> Response:
    """A copy of the clip with the answer drawn into it; made when it is first asked for."""
    _need_done(job)
    if job.video == "failed":
        raise Problem(409, "no-video", "the annotated video could not be made from this clip")
    if job.video == "done":
        return _result(job, service, "video")
    requested = service.want_video(job.id)
    if requested is None:
        raise no_such_job()
    waiting = job_model(requested).model_dump(mode="json", by_alias=True)
    return JSONResponse(waiting, 202, {"Retry-After": str(_RETRY)})


def _add_table(kind: str, about: str) -> None:
    def export(job: TheJob, service: TheService) -> FileResponse:
        return _result(job, service, kind)

    router.get(
        f"/v1/jobs/{{id}}/result.{kind}",
        name=f"result_{kind}",
        description=about,
        response_class=FileResponse,
        responses={200: _file_body(_TYPES[kind]), **documented(401, 404, 409)},
    )(export)


_add_table("csv", "The timeline as a table.")
_add_table("parquet", "The timeline as a table with types. Needs the extra `tables`.")
_add_table("srt", "The labels as subtitles.")
_add_table("html", "A report page that needs nothing else.")
_add_table("eaf", "The labels as tiers for ELAN.")
_add_table("textgrid", "The labels as tiers for Praat; there are none of a still picture.")


@router.get("/v1/jobs/{id}/result.{form}", include_in_schema=False)
def result_in_any_case(form: str, job: TheJob, service: TheService) -> FileResponse:
    """The same formats in other letters, as in `result.TextGrid`; the rest is named as unknown."""
    kind = form.lower()
    if kind not in FORMATS:
        known = ", ".join([*FORMATS, "mp4"])
        detail = f"there is no format '{printable(form[:_SHOWN])}' of a result; there are {known}"
        raise Problem(404, "no-such-format", detail)
    return _result(job, service, kind)


@router.get(
    "/v1/jobs/{id}/media",
    response_class=FileResponse,
    responses={200: _file_body("video/*", "audio/*", "image/*"), **documented(401, 404, 409, 416)},
)
def media(job: TheJob, service: TheService) -> FileResponse:
    """What a browser can play: the clip itself, or a preview of it. Answers ranges."""
    if job.media == "preview":
        return _file(service.files.preview(job.id), "video/mp4", _REVALIDATE)
    if job.media == "source":
        source = service.files.source(job.id)
        with _missing_as_problem(), source.open("rb") as stream:
            kind = media_type(stream.read(HEAD))
        return _file(source, kind, _REVALIDATE)
    if job.media == "making" or not job.ended:
        raise Problem(409, "not-yet", "the preview is not made yet", retry_after=_RETRY)
    raise Problem(404, "no-media", "there is nothing in this clip that a browser could play")


@router.get("/v1/jobs/{id}/waveform", responses=documented(401, 404, 409))
def waveform(job: TheJob, service: TheService) -> FileResponse:
    """The sound's lowest and highest value in each hundredth of a second."""
    _need_done(job)
    return _file(service.files.waveform(job.id), "application/json")


def file_of(
    path: Path, kind: str, headers: dict[str, str] | None = None, name: str | None = None
) -> FileResponse:
    """A file of a job; see `_file`."""
    return _file(path, kind, headers, name)


def need_done(job: Job) -> None:
    """Raise a problem (409) for a job without an answer."""
    _need_done(job)


def _result(job: Job, service: Service, kind: str) -> FileResponse:
    _need_done(job)
    headers = _REPORT if kind == "html" else {}
    name = None if kind == "json" else job.name + suffix(kind)
    return _file(service.files.result(job.id, kind), _TYPES[kind], headers, name)


def _file(
    path: Path, kind: str, headers: dict[str, str] | None = None, name: str | None = None
) -> FileResponse:
    """A file of a job; with a name it is to be saved under that.

    Raises:
        Problem: 404 if it is not there (any more).
    """
    with _missing_as_problem():
        stat = path.stat()
    return RangeFileResponse(
        path, headers=headers, media_type=kind, filename=name, stat_result=stat
    )


@contextmanager
def _missing_as_problem() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Problem(404, "no-file", "this job has no such file") from None


def _need_done(job: Job) -> None:
    """Raise a problem (409) for a job without an answer."""
    if job.state in ("queued", "running"):
        raise Problem(409, "not-yet", f"the job is {job.state}", retry_after=_RETRY)
    if job.state != "done":
        reason = job.error or f"the job was {job.state}"
        raise Problem(409, f"job-{job.state}", reason)

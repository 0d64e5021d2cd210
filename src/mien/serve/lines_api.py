"""/v1/jobs/{id}/lines: a transcript for a clip that is analysed, and an answer for each line."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from mien.inference.transcript.write import SUFFIXES
from mien.serve.display_name import display_name
from mien.serve.lines_process import read_lines
from mien.serve.models import LINES
from mien.serve.multipart import Event, Part, multipart_events
from mien.serve.problems import Problem, documented
from mien.serve.results_api import file_of, need_done
from mien.serve.service import Service, TheJob, TheService
from mien.serve.store import Job

__all__ = ["router"]

_FIELD = 200  # bytes of another field
_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "eaf": "application/xml",
    "html": "text/html; charset=utf-8",
}
_PROPERTIES: dict[str, Any] = {
    "file": {
        "type": "string",
        "format": "binary",
        "description": "SRT, WebVTT, SubStation Alpha, JSON of Whisper, CSV, ELAN or Praat",
    },
    "encoding": {"type": "string", "description": "of its text; found out otherwise"},
    "tier": {"type": "string", "description": "of ELAN and Praat: the one to take"},
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": _PROPERTIES,
                }
            }
        },
    }
}

router = APIRouter(tags=["lines"])


@router.post(
    "/v1/jobs/{id}/lines",
    openapi_extra=_FORM,
    responses={200: LINES, **documented(400, 401, 403, 404, 408, 409, 413, 415, 422, 503)},
)
async def give_lines(request: Request, job: TheJob, service: TheService) -> Response:
    """Give a transcript, as multipart/form-data, and get an answer for each of its lines.

    The clip is not analysed again. The answer stays with the job until another transcript is given.
    """
    need_done(job)
    if not await to_thread.run_sync(service.files.evidence(job.id).is_file):
        detail = "what its lines would be told from was not kept with this clip; send it again"
        raise Problem(409, "no-evidence", detail)
    form = await _read(request)
    told = {
        "data": str(service.files.data),
        "job": job.id,
        "model": service.settings.model,
        "device": service.settings.device,
        "name": form.name,
        "encoding": form.fields.get("encoding", ""),
        "tiers": [tier] if (tier := form.fields.get("tier")) else [],
    }
    return JSONResponse(await read_lines(told, bytes(form.content), service.transcripts))


@dataclass
class _Form:
    """What one request brought."""

    name: str = ""
    content: bytearray = field(default_factory=bytearray)
    fields: dict[str, str] = field(default_factory=dict)
    part: str | None = None

    def take(self, event: Event) -> None:
        """A part begins, goes on or ends."""
        if isinstance(event, Part):
            self._begin(event)
        elif event is None:
            self.part = None
        elif self.part == "file":
            self.content += event
        elif self.part is not None:
            value = self.fields.get(self.part, "") + event.decode("utf-8", "replace")
            if len(value) > _FIELD:
                raise Problem(422, "invalid", f"{self.part}: is longer than {_FIELD} characters")
            self.fields[self.part] = value

    def _begin(self, part: Part) -> None:
        if part.name not in _PROPERTIES:
            known = ", ".join(_PROPERTIES)
            raise Problem(422, "unknown-field", f"the form has an unknown field; known: {known}")
        if part.name == "file" and self.name:
            raise Problem(422, "one-file", "give one transcript")
        if part.name == "file":
            self.name = display_name(part.filename)
        self.part = part.name


async def _read(request: Request) -> _Form:
    form = _Form()
    async with aclosing(multipart_events(request)) as events:
        async for event in events:
            form.take(event)
    if not form.content:
        raise Problem(422, "no-file", "there is no transcript in the form; its field is 'file'")
    return form


@router.get(
    "/v1/jobs/{id}/lines",
    response_class=FileResponse,
    responses={
        200: LINES,
        204: {"description": "no transcript was given for this clip"},
        **documented(401, 404, 409),
    },
)
def lines(job: TheJob, service: TheService) -> Response:
    """The lines of the last transcript that was given for this clip."""
    if job.state == "done" and not service.files.lines(job.id, "json").is_file():
        return Response(status_code=204)
    return _file(job, service, "json")


def _add(form: str, about: str) -> None:
    def export(job: TheJob, service: TheService) -> FileResponse:
        return _file(job, service, form)

    body = {"content": {_TYPES[form]: {"schema": {"type": "string", "format": "binary"}}}}
    router.get(
        f"/v1/jobs/{{id}}/lines.{form}",
        name=f"lines_{form}",
        description=about,
        response_class=FileResponse,
        responses={200: body, **documented(401, 404, 409)},
    )(export)


_add("csv", "The lines as a table.")
_add("srt", "The lines as subtitles, with their labels.")
_add("eaf", "The lines as tiers for ELAN.")
_add("html", "The lines as a page, to be kept beside the clip, which it plays.")


def _file(job: Job, service: Service, form: str) -> FileResponse:
    """Raises a problem (404) where no transcript was given."""
    need_done(job)
    name = None if form == "json" else job.name + SUFFIXES[form]
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'"} if form == "html" else {}
    path = service.files.lines(job.id, form)
    if not path.is_file():
        raise Problem(404, "no-lines", "no transcript was given for this clip; POST one here")
    return file_of(path, _TYPES[form], headers, name)

"""All HTTP errors as problem details (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

__all__ = ["MEDIA_TYPE", "Problem", "ProblemModel", "add_handlers", "documented", "response"]

MEDIA_TYPE = "application/problem+json"
Headers = Mapping[str, str]

_CLOSE = {"Connection": "close"}
_UNREAD = frozenset({401, 403, 408, 411, 413, 415, 421, 429, 507})
"""Statuses that may be sent before the whole request is read; the rest of it is discarded."""


class ProblemModel(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:mien:problem:no-such-job",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "there is no job with this id; it may have been deleted",
                    "instance": "/v1/jobs/hB2m0Gg8rK3lqXcQv5nT1w",
                }
            ]
        },
    )

    type: str = Field(description="stable; for programs")
    title: str = Field(description="the status in words")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="for people: what was found and what to do")
    instance: str = Field(description="path of the request")


class Problem(HTTPException):
    """An error with a name of its own.

    Args:
        status: HTTP status.
        code: stable name; the `type` is `urn:mien:problem:<code>`.
        detail: one line for people: what was found and what to do.
        retry_after: seconds after which it is worth asking again.
        headers: of the answer.
        more: further members of the problem.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        retry_after: int | None = None,
        headers: Headers | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        wait = {} if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(status, detail, {**(headers or {}), **wait})
        self.code, self.more = code, dict(more or {})

    def body(self, instance: str) -> dict[str, Any]:
        """The members, in plain JSON types."""
        return _body(self.status_code, f"urn:mien:problem:{self.code}", self.detail, instance) | (
            self.more
        )


def response(problem: HTTPException, instance: str) -> JSONResponse:
    """The answer for any HTTP error."""
    status = problem.status_code
    if isinstance(problem, Problem):
        body = problem.body(instance)
    else:
        body = _body(status, "about:blank", _plain(problem), instance)
    headers = {**(problem.headers or {}), **(_CLOSE if status in _UNREAD else {})}
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Let the application answer its own and the framework's errors with problem details."""

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = ", ".join(_methods(app, request.url.path)) or (error.headers or {})["Allow"]
            error = HTTPException(error.status_code, headers={"Allow": allowed})
        return response(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return response(_invalid(error), request.url.path)


def _methods(app: FastAPI, path: str) -> list[str]:
    """All methods of an address; the router itself names only those of the first route."""
    methods: set[str] = set()
    for pattern, routes in app.openapi()["paths"].items():
        parts = ("[^/]+" if part.startswith("{") else re.escape(part) for part in _split(pattern))
        if re.fullmatch("".join(parts), path):
            methods.update(method.upper() for method in routes)
    return sorted(methods)


def _split(pattern: str) -> list[str]:
    """The names in braces and what is between them."""
    return re.split(r"(\{\w+\})", pattern)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route can answer besides its result, for the OpenAPI document."""
    schema = {"$ref": f"#/components/schemas/{ProblemModel.__name__}"}
    content = {MEDIA_TYPE: {"schema": schema}}
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
    return responses | {"default": {"description": "any other error", "content": content}}


def _body(status: int, kind: str, detail: str, instance: str) -> dict[str, Any]:
    return {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
    }


def _plain(problem: HTTPException) -> str:
    if problem.status_code == HTTPStatus.NOT_FOUND:
        return "there is nothing at this address; see /openapi.json"
    if problem.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (problem.headers or {}).get("Allow", "")
        return f"this address only answers {allowed}" if allowed else "not with this method"
    return str(problem.detail)


def _invalid(error: RequestValidationError) -> Problem:
    """Name each invalid field, without repeating what was sent."""
    errors = [{"where": _dotted(e["loc"]), "message": str(e["msg"])} for e in error.errors()]
    first = errors[0]
    detail = f"{first['where']}: {first['message'][:1].lower()}{first['message'][1:]}"
    return Problem(422, "invalid", detail, more={"errors": errors})


def _dotted(location: Iterable[Any]) -> str:
    return ".".join(str(part) for part in location)

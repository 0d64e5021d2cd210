"""The page and the service: `mien serve`. Needs the extra `[serve]`.

settings    options and limits             store     jobs in SQLite or PostgreSQL
files       where a job's files are        pool      supervisors, one per worker process
worker      the process that decodes       tasks     its tasks: analyze, preview, video
app         the FastAPI application        page/     the web page
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mien.serve.settings import Limits, Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["Limits", "Settings", "create_app"]


def create_app(settings: Settings) -> FastAPI:
    """The application, to be run by an ASGI server; see `mien.serve.app`.

    Raises:
        MissingExtraError: FastAPI or another package of the extra is not installed.
    """
    from mien.errors import MissingExtraError

    try:
        from mien.serve.app import create_app as create
    except ImportError as error:
        raise MissingExtraError(error.name or "fastapi", "serve") from None
    return create(settings)

"""The page, and the sample clip to try it with."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from mien.core.sample_clip import sample
from mien.serve.file_response import RangeFileResponse

__all__ = ["router", "static"]

_PAGE = Path(str(resources.files("mien.serve") / "page"))
_NO_CACHE = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
def page() -> FileResponse:
    """The page itself."""
    return FileResponse(_PAGE / "index.html", headers=_NO_CACHE)


@router.api_route("/sample.mp4", methods=["GET", "HEAD"])
def sample_clip() -> FileResponse:
    """The clip that comes with mien."""
    clip = sample()
    return RangeFileResponse(
        clip, media_type="video/mp4", headers=_NO_CACHE, stat_result=clip.stat()
    )


class _NoCacheStaticFiles(StaticFiles):
    """Asks again each time, so that a new version of mien does not meet old scripts."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def static() -> StaticFiles:
    """Scripts and styles of the page."""
    return _NoCacheStaticFiles(directory=_PAGE)

"""Find the faces of a file: detection and tracking, without emotion networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mien.faces.detector import detector
from mien.faces.finder import FaceFinder
from mien.media import Media, open_media
from mien.types import FaceChunk

__all__ = ["face_chunks", "has_face"]

_MAX_SIDE = 960  # px; smaller faces than this leaves are of no use to an annotator


def has_face(
    path: Path, start: float | None = None, end: float | None = None, fps: float = 4.0
) -> bool:
    """Whether a face is tracked anywhere from `start` to `end` s (None: to the ends).

    Raises:
        MediaError: the file cannot be read.
    """
    with open_media(path, fps=fps, max_side=_MAX_SIDE) as media:
        return any(len(faces) for faces in face_chunks(media, start, end))


def face_chunks(
    media: Media, start: float | None = None, end: float | None = None
) -> Iterator[FaceChunk]:
    """Tracked faces of an open file, in order of time; boxes in pixels of its upright picture.

    Args:
        media: freshly opened; read up to `end` only.
        start, end: seconds.
    """
    finder = FaceFinder(detector("blazeface"))
    for chunk in media.chunks():
        after = np.searchsorted(chunk.times, start or 0.0)
        before = len(chunk.times) if end is None else int(np.searchsorted(chunk.times, end))
        rows = slice(int(after), before)
        if len(chunk.times[rows]):
            yield finder.push(chunk.frames[rows], chunk.times[rows], chunk.scale, chunk.zoom)
        if before < len(chunk.times):
            break
    yield finder.finish()

"""Cutting long films into stretches worth annotating (paper 002, section 3.1.1).

Faces are detected, and windows of ten seconds are laid around the times at which one is seen;
people then choose and label the good ones on a sheet, one line a window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.face_search import face_chunks
from mien.errors import UsageError
from mien.media import open_media
from mien.types import Clip

__all__ = ["Proposal", "propose", "sheet_rows", "windows"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Proposal:
    """A stretch of a film with a face.

    Args:
        start, end: seconds.
        seen: share of the stretch in which its main face is seen.
        faces: people seen in it.
        box: median x0, y0, x1, y1 of the main face, in pixels of the upright picture.
    """

    start: float
    end: float
    seen: float
    faces: int
    box: tuple[int, int, int, int]


def propose(
    path: Path, length: float = 10.0, least: float = 0.2, fps: float = 2.0
) -> list[Proposal]:
    """Windows around the faces of a film.

    Args:
        path: a film.
        length: of a window in seconds.
        least: share of a window in which its main face has to be seen.
        fps: pictures looked at in each second.

    Raises:
        MediaError: the film cannot be read.
        UsageError: `length` or `least` cannot be used.
    """
    if not 1 <= length <= 600:
        raise UsageError(f"length {length:g}: must be 1 to 600 seconds")
    if not 0 <= least <= 1:
        raise UsageError(f"least {least:g}: must be 0 to 1")
    ids, times, boxes = [], [], []
    with open_media(path, fps=fps) as media:
        for faces in face_chunks(media):  # the crops are dropped: a film has many
            ids.append(faces.ids)
            times.append(faces.times)
            boxes.append(faces.boxes)
        duration = media.seen
    at, who, where = np.concatenate(times), np.concatenate(ids), np.concatenate(boxes)
    proposals = []
    for start, end in windows(at, duration, length):
        inside = (at >= start) & (at < end)
        proposal = _describe(start, end, who[inside], where[inside], fps)
        if proposal.seen >= least:
            proposals.append(proposal)
    return proposals


def windows(times: Floats, duration: float, length: float) -> Iterator[tuple[float, float]]:
    """Windows (start, end) in seconds that hold every time, do not overlap and lie within a film.

    Each is centred on the times it was laid for, as far as the one before it and the ends of the
    film leave room.

    Args:
        times: (N,) seconds at which a face is seen.
        duration: of the film.
        length: of a window.
    """
    order, last = np.unique(times), 0.0
    while len(order := order[order >= last]):
        held = order[order < order[0] + length]
        start = max(last, float(held[0] + held[-1] - length) / 2)
        end = min(start + length, max(duration, float(held[0]) + 1e-3))
        start = max(last, min(start, end - length))
        yield start, end
        last = end


def _describe(
    start: float, end: float, ids: NDArray[np.int64], boxes: NDArray[np.float32], fps: float
) -> Proposal:
    """The main face is the one with the largest area over the window."""
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    people = np.unique(ids)
    main = max(people, key=lambda number: float(area[ids == number].sum()))
    x0, y0, x1, y1 = np.median(boxes[ids == main], axis=0).round().astype(int).tolist()
    seen = float((ids == main).sum()) / max(1.0, (end - start) * fps)
    return Proposal(start, end, min(1.0, seen), len(people), (x0, y0, x1, y1))


def sheet_rows(
    path: Path, name: str, proposals: list[Proposal], annotators: list[str]
) -> Iterator[Clip]:
    """Lines of an annotation sheet: clips with an empty column for each annotator.

    Args:
        path: the film.
        name: it is known by; the group that must not be on both sides of a split.
        proposals: of that film.
        annotators: their names.
    """
    for proposal in proposals:
        box = zip(("x0", "y0", "x1", "y1"), map(str, proposal.box), strict=True)
        extra = {"seen": f"{proposal.seen:.2f}", "faces": str(proposal.faces), **dict(box)}
        empty = {f"annotator_{who}": "" for who in annotators}
        start, end = round(proposal.start, 3), round(proposal.end, 3)
        yield Clip(
            id=f"{name}_{_time_code(start)}",
            path=path.absolute().as_posix(),
            start=start,
            end=end,
            speaker=name,
            extra=extra | empty,
        )


def _time_code(seconds: float) -> str:
    """Hours, minutes, seconds and thousandths in nine digits, as AFEW's names have them."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}{whole // 60 % 60:02}{whole % 60:02}{thousandths:03}"

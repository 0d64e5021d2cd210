"""Reading the stretch of a file that a clip is: pictures and sound between two times."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.media import RATE, Media, open_media
from mien.types import MediaChunk

__all__ = ["Pass", "Sound", "chunks", "one_pass", "sound_of"]

_NO_PICTURES = 1e-3  # fps; the first picture only

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """The sound of a clip.

    Args:
        samples: (N,) float32 mono at 16 kHz; empty where there is none.
        start: seconds from the start of the file to the first sample.
    """

    samples: Floats
    start: float


@dataclass(frozen=True)
class Pass:
    """What tells one pass from another; a file that was changed is another file."""

    path: str
    size: int
    changed: int
    start: float | None
    end: float | None


_last: dict[Pass, Sound] = {}  # of the latest pass only, so that no file is decoded twice in a row


def one_pass(path: Path, start: float | None, end: float | None) -> Pass:
    """The pass over [start, end) of a file as it is now."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return Pass(str(path), 0, 0, start, end)
    return Pass(str(path), status.st_size, status.st_mtime_ns, start, end)


def chunks(
    path: Path,
    start: float | None,
    end: float | None,
    *,
    fps: float,
    max_side: int | None = None,
) -> Iterator[MediaChunk]:
    """The pictures and the sound of a file whose times lie in [start, end) seconds.

    Which pictures are taken does not depend on the clip: the grid of `fps` starts with the file.

    Raises:
        MediaError: the file cannot be read, or ends before `start`.
    """
    first, last = start or 0.0, math.inf if end is None else end
    mark = one_pass(path, start, end)
    parts: list[Floats] = []
    begin: float | None = None
    with open_media(path, fps=fps, max_side=max_side) as media:
        for chunk in _until(media, last, fps > _NO_PICTURES):
            mine = _within(chunk, first, last)
            if len(mine.sound):
                begin = mine.sound_start if begin is None else begin
                parts.append(mine.sound)
            yield mine
        _check(media, path, first)
    _last.clear()
    _last[mark] = Sound(np.concatenate(parts) if parts else np.zeros(0, np.float32), begin or first)


def sound_of(path: Path, start: float | None, end: float | None) -> Sound:
    """The sound of a file in [start, end) seconds.

    Raises:
        MediaError: the file cannot be read, or ends before `start`.
    """
    mark = one_pass(path, start, end)
    if mark not in _last:
        for _ in chunks(path, start, end, fps=_NO_PICTURES):
            pass
    return _last[mark]


def _until(media: Media, end: float, pictures: bool) -> Iterator[MediaChunk]:
    """Chunks until each stream has passed `end`; one of them may run far ahead of the other."""
    seen = heard = 0.0
    for chunk in media.chunks():
        yield chunk
        seen = max([seen, *chunk.times.tolist()])
        heard = max(heard, chunk.sound_start + len(chunk.sound) / RATE if len(chunk.sound) else 0)
        past_pictures = not pictures or media.info.video_codec is None or seen >= end
        if past_pictures and (media.info.audio_codec is None or heard >= end):
            return


def _within(chunk: MediaChunk, start: float, end: float) -> MediaChunk:
    chosen = (chunk.times >= start) & (chunk.times < end)
    frames = tuple(f for f, mine in zip(chunk.frames, chosen, strict=True) if mine)
    edges = (np.array([start, end]) - chunk.sound_start) * RATE
    low, high = np.ceil(np.clip(edges - 1e-6, 0, len(chunk.sound))).astype(int)
    return replace(
        chunk,
        frames=frames,
        times=chunk.times[chosen],
        sound=chunk.sound[low:high],
        sound_start=chunk.sound_start + float(low) / RATE,
    )


def _check(media: Media, path: Path, start: float) -> None:
    if not media.seen and media.info.kind != "picture":
        raise MediaError(f"{path}: nothing in it could be decoded; is it damaged?")
    if start and media.seen <= start:
        raise MediaError(f"{path}: ends at {media.seen:.2f} s, before the clip's start {start:g} s")

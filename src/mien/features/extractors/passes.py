"""Reading the stretch of a file that a clip is: pictures and sound between two times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.media import RATE, Media, open_media
from mien.types import MediaChunk

__all__ = ["Pass", "Sound", "altering", "chunks", "one_pass", "sound_of"]

_NO_PICTURES = 1e-3  # fps; the first picture only
_SILENCE = np.zeros(0, np.float32)

Floats = NDArray[np.float32]
Alter = Callable[[MediaChunk], MediaChunk]


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
    altered: str


_last: dict[Pass, Sound] = {}  # of the latest pass only, so that no file is decoded twice in a row
_PLAIN = "", None, 1.0
_altering: ContextVar[tuple[str, Alter | None, float]] = ContextVar("altering", default=_PLAIN)


@contextmanager
def altering(name: str, alter: Alter, speed: float = 1.0) -> Iterator[None]:
    """Within it, every pass gives altered chunks.

    Args:
        name: tells these passes from all others.
        alter: sees times from the start of the clip, not of the file.
        speed: how much faster it plays the clip; pictures are taken so much more rarely before.
    """
    before = _altering.set((name, alter, speed))
    try:
        yield
    finally:
        _altering.reset(before)


def one_pass(path: Path, start: float | None, end: float | None) -> Pass:
    """The pass over [start, end) of a file as it is now."""
    name, _, _ = _altering.get()
    try:
        status = path.stat()
    except (OSError, ValueError):
        return Pass(str(path), 0, 0, start, end, name)
    return Pass(str(path), status.st_size, status.st_mtime_ns, start, end, name)


def chunks(
    path: Path,
    start: float | None,
    end: float | None,
    *,
    fps: float,
    max_side: int | None = None,
) -> Iterator[MediaChunk]:
    """The pictures of a file whose times lie in [start, end) seconds; the sound is kept too.

    Which pictures are taken does not depend on the clip: the grid of `fps` starts with the file.
    Chunks are given without sound, which `sound_of` has as a whole after the pass.

    Raises:
        MediaError: the file cannot be read, or ends before `start`.
    """
    first, last = start or 0.0, math.inf if end is None else end
    mark = one_pass(path, start, end)
    parts: list[Floats] = []
    begin: float | None = None
    _, _, speed = _altering.get()
    with open_media(path, fps=fps / speed, max_side=max_side) as media:
        for chunk in _until(media, last, fps > _NO_PICTURES):
            mine = _within(chunk, first, last)
            if len(mine.sound):
                begin = mine.sound_start if begin is None else begin
                parts.append(mine.sound)
            yield _altered(replace(mine, sound=_SILENCE), first)
        _check(media, path, first)
    heard = Sound(np.concatenate(parts) if parts else _SILENCE, begin or first)
    _last.clear()
    _last[mark] = _altered_sound(heard, first)


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
    chosen = slice(*np.searchsorted(chunk.times, [start, end]).tolist())
    edges = (np.array([start, end]) - chunk.sound_start) * RATE
    low, high = np.ceil(np.clip(edges - 1e-6, 0, len(chunk.sound))).astype(int)
    return replace(
        chunk,
        frames=chunk.frames[chosen],
        times=chunk.times[chosen],
        sound=chunk.sound[low:high],
        sound_start=chunk.sound_start + float(low) / RATE,
    )


def _altered(chunk: MediaChunk, start: float) -> MediaChunk:
    """What `altering` makes of a chunk of the clip that begins at `start`."""
    _, alter, _ = _altering.get()
    if alter is None:
        return chunk
    near = replace(chunk, times=chunk.times - start, sound_start=chunk.sound_start - start)
    made = alter(near)
    return replace(made, times=made.times + start, sound_start=made.sound_start + start)


def _altered_sound(sound: Sound, start: float) -> Sound:
    """The sound of a clip is altered as a whole, so that it does not matter how it was cut."""
    whole = MediaChunk((), np.zeros(0), sound.samples, sound.start, RATE)
    made = _altered(whole, start)
    return Sound(made.sound, made.sound_start)


def _check(media: Media, path: Path, start: float) -> None:
    if not media.seen and media.info.kind != "picture":
        raise MediaError(f"{path}: nothing in it could be decoded; is it damaged?")
    if start and media.seen <= start:
        raise MediaError(f"{path}: ends at {media.seen:.2f} s, before the clip's start {start:g} s")

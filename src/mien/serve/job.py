"""A job as the store gives it out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

__all__ = ["ENDED", "Claim", "Job", "Media", "State", "Task", "Video", "new_job", "readable"]

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
Media: TypeAlias = Literal["none", "source", "making", "preview", "failed"]
Video: TypeAlias = Literal["none", "making", "done", "failed"]
Task: TypeAlias = Literal["analyze", "preview", "video"]

ENDED = ("done", "failed", "cancelled")
"""The states that never change."""

_ID_BYTES = 16


@dataclass(frozen=True)
class Job:
    """One clip and what becomes of it.

    Args:
        id: 22 random characters, which nobody can guess.
        name: to show, at most 200 characters; no file has it.
        size, sha256: of the clip.
        options: fields of `mien.Options`.
        state: a job that has ended (done, failed, cancelled) stays as it is.
        progress: 0 to 1; None is not known.
        seconds_done: of the clip, so far.
        duration: of the clip in s.
        error: why it failed, or why it waits, in one line.
        label, confidence, reliable: of the answer.
        media: what the page can play: the source as it is, a preview, or (none) nothing.
        video: whether the annotated copy was asked for, and is there.
        attempts: how often a worker began with it.
        crashes: how often a worker died of what it does for it now.
        created, started, finished: times in UTC.
        expires: when it is deleted; None before its end.
        kept: False is thrown away as soon as it was answered (POST /v1/predict).
    """

    id: str
    name: str
    size: int
    sha256: str
    options: Mapping[str, float | int | str | None]
    created: datetime
    state: State = "queued"
    progress: float | None = None
    seconds_done: float | None = None
    duration: float | None = None
    error: str | None = None
    label: str | None = None
    confidence: float | None = None
    reliable: bool | None = None
    media: Media = "none"
    video: Video = "none"
    attempts: int = 0
    crashes: int = 0
    started: datetime | None = None
    finished: datetime | None = None
    expires: datetime | None = None
    kept: bool = True

    @property
    def ended(self) -> bool:
        """Whether its state is the last one."""
        return self.state in ENDED


def new_job(
    name: str,
    size: int,
    sha256: str,
    options: Mapping[str, float | int | str | None],
    *,
    kept: bool = True,
) -> Job:
    """A job that waits, with an id that nobody can guess."""
    now = datetime.now(UTC)
    number = secrets.token_urlsafe(_ID_BYTES)
    return Job(number, readable(name)[:200], size, sha256, dict(options), now, kept=kept)


@dataclass(frozen=True)
class Claim:
    """A job that a worker holds.

    Args:
        job: as it is now.
        lease: the token without which nothing about it can be written.
        task: what is to be done.
    """

    job: Job
    lease: str
    task: Task


def readable(text: str) -> str:
    """Text that every database takes: no zero bytes, no halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()

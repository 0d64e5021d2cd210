"""From an upload to an accepted job, and what is refused when there is too much at once."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import Request

from mien.errors import UsageError
from mien.inference.analysis import chosen
from mien.serve.incoming import Received, Refused, full_disk
from mien.serve.problems import Problem
from mien.serve.store import Job, JobStore, StoreError, new_job
from mien.serve.uploads import NUMBERS, Form, upload

if TYPE_CHECKING:
    from mien.serve.files import JobFiles
    from mien.serve.metrics import Metrics
    from mien.serve.settings import Settings

__all__ = ["RETRY", "Admission"]

_WHOLE = {"people": 1000, "max_side": 16_384, "video_track": 1000, "audio_track": 1000}  # the most

RETRY = 5
"""Seconds after which it is worth trying again when something is full."""


class Admission:
    """The door of the queue.

    Args:
        settings: with the limits.
        store: where jobs are put.
        files: where their files lie.
        metrics: that count them.
    """

    def __init__(
        self, settings: Settings, store: JobStore, files: JobFiles, metrics: Metrics
    ) -> None:
        self._settings, self._store, self._files = settings, store, files
        self._metrics = metrics
        self._spare = settings.limits.spare_bytes
        self._uploads = self._adding = 0
        self._lock = threading.Lock()

    @asynccontextmanager
    async def receive(self, request: Request) -> AsyncIterator[Form]:
        """The form of a request, if there is a place for it; see `mien.serve.uploads.upload`.

        Raises:
            Problem: 429 when too many uploads are on their way, or the queue is full.
        """
        with self._place():
            await to_thread.run_sync(self._check_queue)
            async with upload(request, self._files.incoming, self._spare) as form:
                yield form

    @contextmanager
    def _place(self) -> Iterator[None]:
        most = self._settings.limits.uploads
        if self._uploads >= most:
            detail = f"{most} uploads are on their way, as many as may be at once; try again"
            raise Problem(429, "uploads-full", detail, retry_after=RETRY)
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    def _check_queue(self) -> None:
        most = self._settings.limits.queued
        if self._store.counts()["queued"] + self._adding >= most:
            detail = f"{most} jobs are waiting, as many as may; try again"
            raise Problem(429, "queue-full", detail, retry_after=RETRY)

    def accept(self, form: Form, *, kept: bool = True) -> tuple[list[Job], list[Refused]]:
        """Make jobs of the files; when this returns they are safe from a power cut.

        Args:
            form: the files, still under their first names.
            kept: False for an answer that is fetched at once.

        Raises:
            Problem: 422 for options that cannot be used.
        """
        options = _options(form.fields)
        jobs: list[Job] = []
        refused = list(form.refused)
        for one in form.files:
            job = new_job(one.name, one.size, one.sha256, options, kept=kept)
            try:
                self._accept(job, one)
            except Problem as problem:
                refused.append(Refused(one.name, problem))
            except StoreError:  # what was accepted before stays so
                if not jobs:
                    raise
                refused.append(
                    Refused(one.name, Problem(503, "no-database", "the database cannot be reached"))
                )
            else:
                jobs.append(job)
        return jobs, refused

    def _accept(self, job: Job, one: Received) -> None:
        """First the file, then the row: a file without one is swept away later."""
        target = self._files.source(job.id)
        with self._reserved():
            try:
                with full_disk():
                    target.parent.mkdir(mode=0o700)
                    one.path.replace(target)
                    _sync(target.parent)
                    _sync(target.parent.parent)
                self._store.add(job)
            except BaseException:
                self._files.remove(job.id)
                raise
        self._metrics.accepted.inc()
        self._metrics.uploaded.inc(one.size)

    @contextmanager
    def _reserved(self) -> Iterator[None]:
        """A place in the queue for a job that is not in the table yet."""
        with self._lock:
            self._check_queue()
            self._adding += 1
        try:
            yield
        finally:
            with self._lock:
                self._adding -= 1


def _sync(folder: Path) -> None:
    """Write a folder's list of names through to the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _options(fields: Mapping[str, str]) -> dict[str, float | int | str | None]:
    """The form's fields; an empty one is as good as none."""
    given = {name: _value(name, text) for name, text in fields.items() if text}
    try:
        options = chosen(None, **given)
    except UsageError as error:
        raise Problem(422, "invalid", str(error)) from None
    return asdict(options)


def _value(name: str, text: str) -> float | str:
    if name not in NUMBERS:
        return text
    try:
        value = float(text)
    except ValueError:
        raise Problem(422, "invalid", f"{name}: is not a number") from None
    if not math.isfinite(value):
        raise Problem(422, "invalid", f"{name}: must be a finite number")
    if name not in _WHOLE:
        return value
    if value != int(value):
        raise Problem(422, "invalid", f"{name}: must be a whole number")
    if value > _WHOLE[name]:
        raise Problem(422, "invalid", f"{name}: must be at most {_WHOLE[name]}")
    return int(value)

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
from mien.serve.incoming import ReceivedFile, RefusedFile, full_disk
from mien.serve.problems import Problem
from mien.serve.store import Job, JobStore, StoreError, new_job
from mien.serve.uploads import NUMBERS, TRUTHS, Form, upload

if TYPE_CHECKING:
    from mien.serve.files import JobFiles
    from mien.serve.metrics import Metrics
    from mien.serve.settings import Settings

__all__ = ["RETRY", "Admission"]

_LARGEST_INTEGERS = {"people": 1000, "max_side": 16_384, "video_track": 1000, "audio_track": 1000}

RETRY = 5
"""Seconds after which it is worth trying again when something is full."""


class Admission:
    """Decides which uploads become jobs in the queue.

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
        """The form of a request, if another upload is allowed; see `mien.serve.uploads.upload`.

        Raises:
            Problem: 429 when too many uploads are on their way, or the queue is full.
        """
        with self._upload_slot():
            await to_thread.run_sync(self._check_queue)
            async with upload(request, self._files.incoming, self._spare) as form:
                yield form

    @contextmanager
    def _upload_slot(self) -> Iterator[None]:
        limit = self._settings.limits.uploads
        if self._uploads >= limit:
            detail = f"{limit} uploads are on their way, as many as may be at once; try again"
            raise Problem(429, "uploads-full", detail, retry_after=RETRY)
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    def _check_queue(self) -> None:
        limit = self._settings.limits.queued
        if self._store.counts()["queued"] + self._adding >= limit:
            detail = f"{limit} jobs are waiting, as many as may; try again"
            raise Problem(429, "queue-full", detail, retry_after=RETRY)

    def accept(self, form: Form, *, kept: bool = True) -> tuple[list[Job], list[RefusedFile]]:
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
        for file in form.files:
            job = new_job(file.name, file.size, file.sha256, options, kept=kept)
            try:
                self._accept(job, file)
            except Problem as problem:
                refused.append(RefusedFile(file.name, problem))
            except StoreError:  # what was accepted before stays so
                if not jobs:
                    raise
                refused.append(
                    RefusedFile(
                        file.name, Problem(503, "no-database", "the database cannot be reached")
                    )
                )
            else:
                jobs.append(job)
        return jobs, refused

    def _accept(self, job: Job, file: ReceivedFile) -> None:
        """Move the file first, then add the row: a file without a row is deleted later."""
        target = self._files.source(job.id)
        with self._queue_slot():
            try:
                with full_disk():
                    target.parent.mkdir(mode=0o700)
                    file.path.replace(target)
                    _sync(target.parent)
                    _sync(target.parent.parent)
                self._store.add(job)
            except BaseException:
                self._files.remove(job.id)
                raise
        self._metrics.accepted.inc()
        self._metrics.uploaded.inc(file.size)

    @contextmanager
    def _queue_slot(self) -> Iterator[None]:
        """Reserve a place in the queue for a job that is not in the table yet."""
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
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _options(fields: Mapping[str, str]) -> dict[str, float | int | str | None]:
    """The form's fields as options; empty fields are ignored."""
    values = {name: _value(name, text) for name, text in fields.items() if text}
    try:
        options = chosen(None, **values)
    except UsageError as error:
        raise Problem(422, "invalid", str(error)) from None
    return asdict(options)


def _value(name: str, text: str) -> float | str:
    if name in TRUTHS:
        if text.lower() not in ("true", "false"):
            raise Problem(422, "invalid", f"{name}: must be true or false")
        return text.lower() == "true"
    if name not in NUMBERS:
        return text
    try:
        value = float(text)
    except ValueError:
        raise Problem(422, "invalid", f"{name}: is not a number") from None
    if not math.isfinite(value):
        raise Problem(422, "invalid", f"{name}: must be a finite number")
    if name not in _LARGEST_INTEGERS:
        return value
    if value != int(value):
        raise Problem(422, "invalid", f"{name}: must be a whole number")
    if value > _LARGEST_INTEGERS[name]:
        raise Problem(422, "invalid", f"{name}: must be at most {_LARGEST_INTEGERS[name]}")
    return int(value)

"""What a running service consists of, and how routes get it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from mien.inference.bundle import Bundle
from mien.serve.admission import Admission
from mien.serve.files import JobFiles, is_id
from mien.serve.incoming import RefusedFile
from mien.serve.metrics import Metrics
from mien.serve.models import ModelModel
from mien.serve.problems import Problem
from mien.serve.settings import Settings
from mien.serve.store import Job, JobStore
from mien.serve.uploads import Form

if TYPE_CHECKING:
    from mien.serve.pool import Pool

__all__ = ["BundleInfo", "Service", "TheJob", "TheService", "no_such_job"]


@dataclass(frozen=True)
class BundleInfo:
    """The bundle in use."""

    model: ModelModel
    labels: tuple[str, ...]
    branches: Mapping[str, str]  # and the modality of each


@dataclass
class Service:
    """Everything that routes share.

    Args:
        settings, store, files, pool, metrics: see their classes.
        admission: the door of the queue.
        about: what /v1/info says of the model.
        bundle: the model; workers have their own.
        stopping: set when the server is to end; streams and waits end then.
        streams: how many watch a job.
        transcripts: places for those that are being read.
    """

    settings: Settings
    store: JobStore
    files: JobFiles
    pool: Pool
    metrics: Metrics
    admission: Admission
    about: BundleInfo
    bundle: Bundle
    stopping: threading.Event
    streams: int = field(default=0)
    transcripts: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, 2))

    def accept(self, form: Form, *, kept: bool = True) -> tuple[list[Job], list[RefusedFile]]:
        """Make jobs of files, see `Admission.accept`, and wake the workers."""
        jobs, refused = self.admission.accept(form, kept=kept)
        self.pool.wake()
        return jobs, refused

    def cancel(self, job: str) -> Job | None:
        """Stop a job; returns it in its new state, None if there is none."""
        cancelled = self.store.cancel(job)
        self.pool.wake()
        return cancelled

    def remove(self, job: str) -> None:
        """Stop a job, forget it and delete its files."""
        self.store.delete(job)
        self.pool.wake()
        self.files.remove(job)

    def want_video(self, job: str) -> Job | None:
        """Request the annotated video; returns the job, None if there is none."""
        requested = self.store.want_video(job)
        self.pool.wake()
        return requested


async def _service(connection: HTTPConnection) -> Service:
    """Asynchronous, as nothing here blocks: a detour through the thread pool would cost more."""
    service: Service = connection.app.state.service
    return service


TheService = Annotated[Service, Depends(_service)]


def _job(job_id: Annotated[str, Path(alias="id")], service: TheService) -> Job:
    """The job of an address.

    Raises:
        Problem: 404, also for what cannot be an id.
    """
    job = service.store.get(job_id) if is_id(job_id) else None
    if job is None:
        raise no_such_job()
    return job


TheJob = Annotated[Job, Depends(_job)]


def no_such_job() -> Problem:
    """For an id of no job (any more)."""
    return Problem(
        404, "no-such-job", "there is no job with this id; jobs are deleted after some time"
    )

"""The parts of a running service, and how a route gets at them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from mien.serve.admission import Admission
from mien.serve.files import JobFiles, is_id
from mien.serve.incoming import Refused
from mien.serve.metrics import Metrics
from mien.serve.models import ModelModel
from mien.serve.problems import Problem
from mien.serve.settings import Settings
from mien.serve.store import Job, JobStore
from mien.serve.uploads import Form

if TYPE_CHECKING:
    from mien.serve.pool import Pool

__all__ = ["About", "Service", "TheJob", "TheService", "no_such_job"]


@dataclass(frozen=True)
class About:
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
        stopping: set when the server is to end; streams and waits end then.
        streams: how many watch a job.
    """

    settings: Settings
    store: JobStore
    files: JobFiles
    pool: Pool
    metrics: Metrics
    admission: Admission
    about: About
    stopping: threading.Event
    streams: int = field(default=0)

    def accept(self, form: Form, *, kept: bool = True) -> tuple[list[Job], list[Refused]]:
        """Make jobs of files, see `Admission.accept`, and have them begun."""
        jobs, refused = self.admission.accept(form, kept=kept)
        self.pool.wake()
        return jobs, refused

    def cancel(self, job: str) -> Job | None:
        """Stop a job; gives it as it is then, None if there is none."""
        cancelled = self.store.cancel(job)
        self.pool.wake()
        return cancelled

    def remove(self, job: str) -> None:
        """Stop a job, forget it and delete its files."""
        self.store.delete(job)
        self.pool.wake()
        self.files.remove(job)

    def want_video(self, job: str) -> Job | None:
        """Have the annotated video made; gives the job, None if there is none."""
        wanted = self.store.want_video(job)
        self.pool.wake()
        return wanted


async def _service(connection: HTTPConnection) -> Service:
    """Asynchronous, like all that waits for nothing: a way through the thread pool costs more."""
    service: Service = connection.app.state.service
    return service


TheService = Annotated[Service, Depends(_service)]


def _job(number: Annotated[str, Path(alias="id")], service: TheService) -> Job:
    """The job of an address.

    Raises:
        Problem: 404, also for what cannot be an id.
    """
    job = service.store.get(number) if is_id(number) else None
    if job is None:
        raise no_such_job()
    return job


TheJob = Annotated[Job, Depends(_job)]


def no_such_job() -> Problem:
    """For an id that nobody has (any more)."""
    return Problem(
        404, "no-such-job", "there is no job with this id; jobs are deleted after some time"
    )

"""Ask a running `mien serve` from Python: send a clip, wait, read the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from mien.answer import prediction_from_dict, readable
from mien.atomic import atomic
from mien.client_http import Service
from mien.errors import MediaError, ServiceError, UsageError
from mien.types import Prediction

__all__ = ["Client", "Job"]

State = Literal["queued", "running", "done", "failed", "cancelled"]
Progress = Callable[[float], None]

_PAUSE = (0.1, 2.0)  # s between two looks at a job: the first pause and the longest


@dataclass(frozen=True)
class Job:
    """One clip at the service.

    Args:
        id: its address there.
        name: of the file, as the service shows it.
        state: queued, running, done, failed or cancelled.
        progress: 0..1; None where that is not known.
        label, confidence: of the answer, when it is done.
        error: why it failed, in one line.
    """

    id: str
    name: str
    state: State
    progress: float | None = None
    label: str | None = None
    confidence: float | None = None
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in ("queued", "running")


class Client:
    """A service of `mien serve`.

    A service that is full says when to come again, and the client does, for `patience` seconds;
    so it does while a service that was there is being restarted. Files are streamed, so their size
    does not matter.

    Args:
        url: where it is, for example "http://127.0.0.1:8571".
        key: the service's key, where it wants one.
        patience: seconds to go on asking a service that is full or does not answer.

    Example:
        >>> with mien.Client("http://127.0.0.1:8571") as client:
        ...     prediction = client.analyze("clip.mp4")

    Raises:
        UsageError: the address, the key or an option cannot be used; no such job.
        MediaError: the file cannot be read, or the service could make nothing of it.
        ServiceError: the service cannot be reached, stays full, or fails.
        MissingExtraError: the package httpx is not installed.
    """

    def __init__(self, url: str, key: str | None = None, *, patience: float = 300.0) -> None:
        self._service = Service(url, key, patience)

    def analyze(
        self,
        path: str | Path,
        *,
        window: float | None = None,
        fps: float | None = None,
        people: int | None = None,
        progress: Progress | None = None,
    ) -> Prediction:
        """What `mien.analyze` says of the file, worked out by the service.

        Args:
            path: a local video, sound or picture file.
            window, fps, people: see `mien.Options`; None is the default there.
            progress: called with 0..1.
        """
        job = self.submit(path, window=window, fps=fps, people=people)
        answer = self.result(self.wait(job.id, progress=progress).id)
        return replace(answer, source={**answer.source, "path": str(path), "folder": None})

    def submit(
        self,
        path: str | Path,
        *,
        window: float | None = None,
        fps: float | None = None,
        people: int | None = None,
    ) -> Job:
        """Send a file and come back when the service has it, long before there is an answer."""
        options = {"window": window, "fps": fps, "people": people}
        form = {name: str(value) for name, value in options.items() if value is not None}
        try:
            with Path(path).open("rb") as stream:
                file = (readable(Path(path).name), stream)
                accepted = self._service.ask("POST", "/v1/jobs", str(path), form=form, file=file)
        except OSError as error:
            raise MediaError(f"{path}: cannot be read ({error.strerror})") from None
        return _jobs(accepted)[0]

    def job(self, job_id: str) -> Job:
        """How it stands with a job."""
        return _job(self._service.ask("GET", _place(job_id), f"job {job_id}"))

    def jobs(self, search: str | None = None, state: State | None = None) -> Iterator[Job]:
        """The jobs of the service, newest first.

        Args:
            search: only those with this in their name.
            state: only those in this state.
        """
        wanted = {"search": search, "state": state, "limit": "100"}
        query = {name: value for name, value in wanted.items() if value is not None}
        while True:
            page = self._service.ask("GET", "/v1/jobs", "jobs", query=query)
            yield from _jobs(page)
            if not page.get("next"):
                return
            query["after"] = page["next"]

    def wait(
        self, job_id: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> Job:
        """Wait until a job is done.

        Args:
            job_id: of the job.
            timeout: seconds to wait; None is for as long as it takes.
            progress: called with 0..1.

        Raises:
            MediaError: it failed.
            ServiceError: it was cancelled, or is not done in time.
        """
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        pause, longest = _PAUSE
        while not (job := self.job(job_id)).ended:
            if progress is not None and job.progress is not None:
                progress(job.progress)
            if time.monotonic() + pause > end:
                raise ServiceError(f"job {job_id} ({job.name}): not done in {timeout:g} s")
            time.sleep(pause)
            pause = min(pause * 1.5, longest)
        if job.state == "failed":
            raise MediaError(job.error or f"{job.name}: failed")
        if job.state == "cancelled":
            raise ServiceError(f"job {job_id} ({job.name}): was cancelled")
        return job

    def result(self, job_id: str) -> Prediction:
        """The answer for a job that is done."""
        answer = self._service.ask("GET", f"{_place(job_id)}/result", f"job {job_id}")
        try:
            return prediction_from_dict(answer)
        except UsageError as error:
            raise ServiceError(f"job {job_id}: {error}") from None

    def download(self, job_id: str, form: str, to: str | Path) -> None:
        """Write a result to a file.

        Args:
            job_id: of a job that is done.
            form: json, csv, parquet, srt, html, or mp4 (an annotated copy, made when asked for).
            to: the file; nothing is left there if something goes wrong.

        Raises:
            OutputError: the file cannot be written.
        """
        suffix = "" if form == "json" else f".{quote(form, safe='')}"
        with atomic(Path(to)) as part:
            place = f"{_place(job_id)}/result{suffix}"
            self._service.ask("GET", place, f"job {job_id}", into=part)

    def cancel(self, job_id: str) -> Job:
        """Stop a job that is queued or running; one that has ended stays as it is."""
        return _job(self._service.ask("POST", f"{_place(job_id)}/cancel", f"job {job_id}"))

    def delete(self, job_id: str) -> None:
        """Stop a job and remove all that the service holds of it."""
        self._service.ask("DELETE", _place(job_id), f"job {job_id}")

    def close(self) -> None:
        """Close the connections."""
        self._service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _place(job_id: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}"


def _job(fields: Mapping[str, Any]) -> Job:
    """A job as the service describes it; it may say more than is wanted here."""
    try:
        return Job(
            *(fields[name] for name in ("id", "name", "state")),
            *(fields.get(name) for name in ("progress", "label", "confidence", "error")),
        )
    except (KeyError, TypeError, AttributeError):
        raise ServiceError("the service describes no job; is it 'mien serve'?") from None


def _jobs(page: Mapping[str, Any]) -> list[Job]:
    try:
        return [_job(fields) for fields in page["jobs"]]
    except (KeyError, TypeError):
        raise ServiceError("the service lists no jobs; is it 'mien serve'?") from None

"""Ask a running `mien serve` from Python: send a clip, wait, read the answer."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

from mien.client.http import Service
from mien.core.atomic import atomic
from mien.core.checked import MisfitError, checked
from mien.core.published import readable
from mien.core.sources import Source, folder_of, lent, name_of, opened
from mien.errors import MediaError, ServiceError, UsageError
from mien.inference.transcript.result import Lines, lines_from_dict
from mien.output.answer import prediction_from_dict
from mien.output.relative_schema import RelativeModel, to_relative
from mien.types import Prediction, Relative

if TYPE_CHECKING:
    from mien.inference.analysis import Options

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
        source: Source,
        *,
        options: Options | None = None,
        window: float | None = None,
        fps: float | None = None,
        people: int | None = None,
        max_side: int | None = None,
        video_track: int | None = None,
        audio_track: int | None = None,
        channel: str | int | None = None,
        keep_tracks: bool | None = None,
        keep: bool = False,
        progress: Progress | None = None,
    ) -> Prediction:
        """What `mien.analyze` says of the file, worked out by the service.

        The clip and its answer are deleted there at the end, however it ends.

        Args:
            source, options, window, fps, people, max_side: as for `mien.analyze`.
            video_track, audio_track, channel, keep_tracks: as for `mien.analyze`.
            keep: leave clip and answer at the service, where the page shows them, until it deletes
                them itself (`mien serve --keep`: 24 hours by default).
            progress: called with 0..1.
        """
        media = lent(source)
        job = self.submit(
            media,
            options=options,
            window=window,
            fps=fps,
            people=people,
            max_side=max_side,
            video_track=video_track,
            audio_track=audio_track,
            channel=channel,
            keep_tracks=keep_tracks,
        )
        try:
            answer = self.result(self.wait(job.id, progress=progress).id)
        finally:
            if not keep:
                self._clear(job)
        name = name_of(media)
        return replace(answer, source={**answer.source, "path": name, **folder_of(name)})

    def submit(
        self,
        source: Source,
        *,
        options: Options | None = None,
        window: float | None = None,
        fps: float | None = None,
        people: int | None = None,
        max_side: int | None = None,
        video_track: int | None = None,
        audio_track: int | None = None,
        channel: str | int | None = None,
        keep_tracks: bool | None = None,
    ) -> Job:
        """Send a file and come back when the service has it, long before there is an answer.

        Clip and answer stay there until they are deleted, by `delete` or by the service itself.

        Args:
            source, options, window, fps, people, max_side: as for `mien.analyze`.
            video_track, audio_track, channel, keep_tracks: as for `mien.analyze`.
        """
        settings: dict[str, float | str | None]
        settings = {"window": window, "fps": fps, "people": people, "max_side": max_side}
        settings |= {"video_track": video_track, "audio_track": audio_track, "channel": channel}
        settings["keep_tracks"] = keep_tracks
        chosen = {k: v for k, v in settings.items() if v is not None}
        fields = ({} if options is None else asdict(options)) | chosen
        form = {name: str(value) for name, value in fields.items() if value is not None}
        stream, name = opened(source)
        try:
            with stream:
                file = (readable(Path(name).name), stream)
                accepted = self._service.ask("POST", "/v1/jobs", name, form=form, file=file)
        except OSError as error:  # of reading it; those of the network are ServiceErrors
            raise MediaError(f"{name}: cannot be read ({error.strerror})") from None
        return _jobs(accepted)[0]

    def job(self, job_id: str) -> Job:
        """How it stands with a job."""
        return _job(self._service.ask("GET", _job_path(job_id), f"job {job_id}"))

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
        answer = self._service.ask("GET", f"{_job_path(job_id)}/result", f"job {job_id}")
        try:
            return prediction_from_dict(answer)
        except UsageError as error:
            raise ServiceError(f"job {job_id}: {error}") from None

    def relative(self, job_id: str, baseline: str = "auto") -> Relative:
        """The answer of a job compared with how its people usually look and sound.

        Args:
            job_id: of a job that is done.
            baseline: "auto", or "START-END" in seconds.
        """
        place, query = f"{_job_path(job_id)}/relative", {"baseline": baseline}
        answer = self._service.ask("GET", place, f"job {job_id}", query=query)
        try:
            return to_relative(checked(answer, RelativeModel))
        except MisfitError as error:
            raise ServiceError(f"job {job_id}: {error}") from None

    def lines(
        self,
        job_id: str,
        transcript: Source,
        *,
        encoding: str | None = None,
        tier: str | None = None,
    ) -> Lines:
        """What each line of a transcript shows, of a clip whose job is done; see `mien.lines`.

        The clip is not analysed again.

        Args:
            job_id: of the job; `analyze` with `keep`, or `submit` and `wait`.
            transcript: as for `mien.lines`.
            encoding: of its text.
            tier: of ELAN and Praat: the one to take.
        """
        stream, name = opened(transcript)
        form = {k: v for k, v in (("encoding", encoding), ("tier", tier)) if v is not None}
        with stream:
            file = (readable(Path(name).name), stream)
            place = f"{_job_path(job_id)}/lines"
            answer = self._service.ask("POST", place, f"job {job_id}", form=form, file=file)
        try:
            return lines_from_dict(answer)
        except UsageError as error:
            raise ServiceError(f"job {job_id}: {error}") from None

    def download(self, job_id: str, form: str, to: str | PathLike[str]) -> None:
        """Write a result to a file.

        Args:
            job_id: of a job that is done.
            form: json, csv, parquet, srt, html, eaf (ELAN), textgrid (Praat), or mp4 (an annotated
                copy, made when asked for).
            to: the file; nothing is left there if something goes wrong.

        Raises:
            OutputError: the file cannot be written.
            UsageError: there is no such format; the message lists those there are.
        """
        suffix = "" if form == "json" else f".{quote(form, safe='')}"
        with atomic(Path(to)) as part:
            path = f"{_job_path(job_id)}/result{suffix}"
            self._service.ask("GET", path, f"job {job_id}", into=part)

    def cancel(self, job_id: str) -> Job:
        """Stop a job that is queued or running; one that has ended stays as it is."""
        return _job(self._service.ask("POST", f"{_job_path(job_id)}/cancel", f"job {job_id}"))

    def delete(self, job_id: str) -> None:
        """Stop a job and remove all that the service holds of it."""
        self._service.ask("DELETE", _job_path(job_id), f"job {job_id}")

    def _clear(self, job: Job) -> None:
        """Delete a job; that it cannot be done hides neither the answer nor what went wrong."""
        try:
            self.delete(job.id)
        except UsageError:  # it is gone already
            pass
        except ServiceError as error:
            text = f"{job.name}: stays at the service until that deletes it ({error})"
            warnings.warn(text, RuntimeWarning, stacklevel=3)

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


def _job_path(job_id: str) -> str:
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

"""A supervisor: gives jobs to a worker process, enforces limits, restarts it when it dies."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Event
from typing import Any, TypeVar

from mien.serve.files import JobFiles
from mien.serve.settings import Settings
from mien.serve.store import Claim, JobStore, StoreError
from mien.serve.tasks import WorkRequest
from mien.serve.worker_process import Message, WorkerProcess, WorkerStartError

__all__ = ["Notifier", "Supervisor", "Timing"]

_MANY = 10  # times the attempts allowed; a server that dies is seldom the fault of its jobs
_NOTES = frozenset({"media", "duration", "seconds_done", "progress"})

T = TypeVar("T")

_log = logging.getLogger("mien.serve")


@dataclass(frozen=True)
class Timing:
    """How often things are looked at, in seconds.

    Args:
        lease: after which a job counts as lost when its supervisor does not renew its hold.
        beat: between two checks whether a job was cancelled; its progress is stored then.
        idle: between two polls for jobs when no notification came.
        retry: until something is tried again for which there was no room or no worker.
        sweep: between two deletions of expired jobs.
    """

    lease: float = 15.0
    beat: float = 1.0
    idle: float = 1.0
    retry: float = 30.0
    sweep: float = 5.0


class Notifier:
    """Lets many threads wait until they are notified of work."""

    def __init__(self) -> None:
        self._condition, self._count = Condition(), 0

    @property
    def count(self) -> int:
        """How often `wake` was called."""
        return self._count

    def wake(self) -> None:
        """Wake all waiting threads."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Wait until `count` is no longer `seen`, at most so long."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != seen, seconds)


class Supervisor:
    """Claims jobs and has them done by its worker; `run` is the body of a thread.

    Args:
        settings, store, files: of the service.
        timing: see `Timing`.
        work: notifies of new jobs.
        stopping: set when the service ends.
    """

    def __init__(
        self,
        settings: Settings,
        store: JobStore,
        files: JobFiles,
        timing: Timing,
        work: Notifier,
        stopping: Event,
    ) -> None:
        self._settings, self._store, self._files = settings, store, files
        self._timing, self._work, self._stopping = timing, work, stopping
        self._worker: WorkerProcess | None = None

    @property
    def ready(self) -> bool:
        """Whether the worker can take jobs, or is at one."""
        return self._worker is not None

    @property
    def worker_pid(self) -> int | None:
        """Process number of the worker, while there is one."""
        worker = self._worker
        return None if worker is None else worker.pid

    def run(self) -> None:
        """Work until the service ends."""
        try:
            while not self._stopping.is_set():
                try:
                    self._work_on()
                except Exception:  # a worker less would be for good; the lease gives the job back
                    _log.exception("a job broke off; on with the next in %g s", self._timing.retry)
                    self._drop_worker()
                    self._stopping.wait(self._timing.retry)
        finally:
            self._drop_worker()

    def _work_on(self) -> None:
        """One job, or a wait for one."""
        seen = self._work.count
        worker = self._have_worker()
        claim = None if worker is None else self._claim()
        if worker is None or claim is None:
            self._work.wait(seen, self._timing.idle)
        else:
            self._attempt(worker, claim)

    def _have_worker(self) -> WorkerProcess | None:
        if self._worker is None:
            try:
                self._worker = WorkerProcess(self._settings, self._stopping)
            except (WorkerStartError, OSError) as error:
                if self._stopping.is_set():
                    return None
                _log.error("no worker: %s; tried again in %g s", error, self._timing.retry)
                self._stopping.wait(self._timing.retry)
        return self._worker

    def _drop_worker(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def _claim(self) -> Claim | None:
        try:
            return self._store.claim(self._timing.lease)
        except StoreError as error:
            _log.warning("no job can be taken: %s", error)
            return None

    def _attempt(self, worker: WorkerProcess, claim: Claim) -> None:
        job = claim.job
        if job.attempts > _MANY * self._settings.limits.attempts:
            self._give_up(claim, f"{job.name}: was begun {job.attempts} times and never ended")
            return
        _log.info("job %s: %s", job.id, claim.task)
        self._files.remove_parts(job.id)  # of a worker that was killed with its server
        worker.order(WorkRequest(claim.task, job.id, job.name, dict(job.options), job.kept))
        outcome = self._watch(worker, claim)
        if outcome is not None:
            self._end(claim, outcome)
        self._clear_if_deleted(job.id)

    def _clear_if_deleted(self, job: str) -> None:
        """The worker may have gone on writing after the files of a job were removed."""
        try:
            if self._store.get(job) is None:
                self._files.remove(job)
        except StoreError as error:
            _log.warning("job %s: not looked up: %s", job, error)  # the sweep finds its folder

    def _watch(self, worker: WorkerProcess, claim: Claim) -> Message | None:
        """The worker's last message about a job; None when the job is not to be ended.

        Renews the hold on the job, and ends the worker when the job takes too long, is cancelled
        or lost, or the service stops.
        """
        limit = self._settings.limits.job_seconds
        begun = due = time.monotonic()
        notes: dict[str, Any] = {}
        while True:
            try:
                message = worker.hear(self._timing.beat)
            except TimeoutError:
                message = {}
            if message is None:
                self._drop_worker()
                return {"died": True}
            if not message.keys() <= _NOTES:
                return message
            notes |= message
            if self._stopping.is_set():
                self._stop(claim)
                return {"stopped": True}
            now = time.monotonic()
            if now - begun > limit:
                self._stop(claim)
                line = f"{claim.job.name}: took longer than {limit:g} s; send a shorter clip"
                return {"failed": line}
            if now >= due or "media" in message:
                due = now + self._timing.beat
                if not self._beat(claim, notes):
                    self._stop(claim)
                    return None
                notes = {}

    def _beat(self, claim: Claim, notes: dict[str, Any]) -> bool:
        if claim.task != "analyze":
            notes = {}
        try:
            return self._store.beat(claim, self._timing.lease, **notes)
        except StoreError as error:
            _log.warning("job %s: could not be noted: %s", claim.job.id, error)
            return True

    def _stop(self, claim: Claim) -> None:
        """End the worker in the middle of a job, and clear away what it was writing."""
        self._drop_worker()
        self._files.remove_parts(claim.job.id)

    def _end(self, claim: Claim, outcome: Message) -> None:
        """Note what came of a job."""
        store, job, retry = self._store, claim.job, self._timing.retry
        if "done" in outcome:
            self._insist(lambda: self._note_done(claim, outcome["done"]))
        elif "failed" in outcome:
            self._give_up(claim, outcome["failed"])
        elif "exhausted" in outcome:
            self._drop_worker()
            self._give_up(claim, outcome["exhausted"])
        elif "full" in outcome:
            note = "the server's disk is full; the clip is kept and tried again later"
            self._insist(lambda: store.release(claim, note, seconds=retry))
        elif "stopped" in outcome:
            self._insist(lambda: store.release(claim, None))
        elif "died" in outcome:
            self._files.remove_parts(job.id)
            self._died(claim)
        else:
            _log.error("job %s failed\n%s", job.id, outcome["error"])
            self._give_up(claim, f"{job.name}: an error in mien; the server's log has the details")

    def _note_done(self, claim: Claim, values: dict[str, Any]) -> bool:
        if claim.task == "analyze":
            return self._store.finish(claim, "done", **values)
        return self._store.settle(claim, **values)

    def _died(self, claim: Claim) -> None:
        job, allowed = claim.job, self._settings.limits.attempts
        times = job.crashes + 1
        _log.error("job %s: its worker died, for the %d. time", job.id, times)
        if times >= allowed:
            often = "1 time" if times == 1 else f"{times} times"
            line = f"{job.name}: the process that read it died {often}; is it damaged?"
            self._give_up(claim, line)
        else:
            note = "the process that read it died; it is tried again"
            self._insist(lambda: self._store.release(claim, note, crashed=True))

    def _give_up(self, claim: Claim, line: str) -> None:
        if claim.task == "analyze":
            self._insist(lambda: self._store.finish(claim, "failed", error=line))
            return
        _log.error("job %s: no %s: %s", claim.job.id, claim.task, line)
        if claim.task == "preview":
            self._insist(lambda: self._store.settle(claim, media="failed"))
        else:
            self._insist(lambda: self._store.settle(claim, video="failed"))

    def _insist(self, write: Callable[[], T]) -> T | None:
        """Write as soon as the database can; waits for a full disk or a restart."""
        while True:
            try:
                return write()
            except StoreError as error:
                _log.warning("tried again: %s", error)
                if error.full:
                    self._files.use_reserve()
                if self._stopping.wait(min(1.0, self._timing.retry)):
                    return None

"""The workers of a service and their supervisors."""

from __future__ import annotations

import logging
import time
from threading import Event, Thread

from mien.serve.files import JobFiles
from mien.serve.settings import Settings
from mien.serve.store import JobStore, StoreError
from mien.serve.supervisor import Notifier, Supervisor, Timing

__all__ = ["Pool"]

_ORPHAN_SECONDS = 3600.0  # s; a folder without a job is one whose request broke off
_STALE_UPLOAD_SECONDS = 24 * 3600.0  # s; no upload takes so long
_SWEEP_LOST_EVERY = 3600.0  # s

_log = logging.getLogger("mien.serve")


class Pool:
    """Runs jobs as they come, a supervisor and a worker process for each at once.

    Several servers may share one database and data folder.

    Args:
        settings: of the service.
        store: the jobs.
        files: their files.
        timing: how often things are looked at.
    """

    def __init__(
        self,
        settings: Settings,
        store: JobStore,
        files: JobFiles,
        timing: Timing | None = None,
    ) -> None:
        self._store, self._files, self._timing = store, files, timing or Timing()
        self._stopping, self._work = Event(), Notifier()
        self._supervisors = [
            Supervisor(settings, store, files, self._timing, self._work, self._stopping)
            for _ in range(settings.workers)
        ]
        self._threads: list[Thread] = []

    @property
    def alive(self) -> bool:
        """Whether a worker is there to take jobs."""
        return any(supervisor.ready for supervisor in self._supervisors)

    @property
    def workers(self) -> list[int]:
        """Process numbers of the workers."""
        return [
            pid for supervisor in self._supervisors if (pid := supervisor.worker_pid) is not None
        ]

    def start(self) -> None:
        """Begin to work; also on what an earlier server left undone."""
        self._files.make()
        targets = [supervisor.run for supervisor in self._supervisors]
        self._threads = [
            Thread(target=target, name=f"mien-pool-{k}", daemon=True)
            for k, target in enumerate([self._sweep_on, *targets])
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the workers at once; jobs in work are queued again and do not lose an attempt."""
        self._stopping.set()
        self._work.wake()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """Say that there may be something to do, or to stop."""
        self._work.wake()

    def sweep(self) -> None:
        """Delete the jobs that are over."""
        for job in self._store.expired():
            self._store.delete(job)
            self._files.remove(job)

    def sweep_lost(self) -> None:
        """Delete folders without a job, and uploads that broke off."""
        for job in self._files.older(_ORPHAN_SECONDS):
            if self._store.get(job) is None:
                self._files.remove(job)
        self._files.sweep_incoming(_STALE_UPLOAD_SECONDS)

    def _sweep_on(self) -> None:
        due = 0.0
        while not self._stopping.is_set():
            try:
                if self._store.recover():
                    self.wake()
                self.sweep()
                self._files.hold_reserve()
                if time.monotonic() >= due:
                    self.sweep_lost()
                    due = time.monotonic() + _SWEEP_LOST_EVERY
            except StoreError as error:
                _log.warning("could not clear up: %s", error)
                if error.full:
                    self._files.use_reserve()
            except OSError as error:
                _log.warning("could not clear up: %s", error)
            except Exception:  # jobs whose lease is over would never be given back
                _log.exception("could not clear up")
            self._stopping.wait(self._timing.sweep)

"""Settings of the service: where it listens, where it keeps its data, and its limits."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, fields
from pathlib import Path

from mien.errors import UsageError

__all__ = ["LOOPBACK", "Limits", "Settings"]

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""The names by which this machine calls itself."""

_GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """What one request, one job and all of them together may use.

    Args:
        upload_bytes: of one request.
        job_seconds: wall clock of one attempt at a job.
        memory: bytes of address space that a worker may have above what it has once the model is
            loaded. Threads and libraries reserve more than they use; below 1 GiB ordinary clips
            may fail.
        pixels: of one picture as stored; 8K video has 33 million.
        duration: seconds of a clip.
        output_bytes: of one file that a worker writes.
        spare_bytes: of the disk, that uploads leave free.
        queued: jobs that wait.
        uploads: requests with files at once.
        predict_seconds: seconds of a clip for POST /v1/predict.
        live: live sessions at once.
        idle_seconds: after which a client that neither sends nor reads is let go.
        attempts: how often the worker may die of a job before the job has failed.
    """

    upload_bytes: int = 2 * _GIB
    job_seconds: float = 3600.0
    memory: int = 4 * _GIB
    pixels: int = 2**27
    duration: float = 4 * 3600.0
    output_bytes: int = 4 * _GIB
    spare_bytes: int = _GIB // 4
    queued: int = 2000
    uploads: int = 16
    predict_seconds: float = 60.0
    live: int = 2
    idle_seconds: float = 30.0
    attempts: int = 3

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not 0 < value < float("inf"):
                raise UsageError(f"{limit.name} {value:g}: must be above 0")


@dataclass(frozen=True)
class Settings:
    """How the service runs.

    Args:
        data: the folder for clips, results and the SQLite database.
        database: URL of a PostgreSQL or SQLite database; None is SQLite in `data`.
        model: folder or name of the bundle; None is the default one.
        device: see `mien.core.runtime.DEVICES`.
        workers: jobs at once, each in a process of its own.
        threads: of one job.
        host, port: where it listens; port 0 takes a free one.
        keys: API keys that are let in; none means that no key is needed.
        hosts: names under which it may be called (the Host header, without the port).
        origins: other sites whose pages may call it, as https://example.org.
        keep_hours: time after its end at which a job, its clip and its results are deleted.
        limits: see `Limits`.

    Raises:
        UsageError: a value that cannot be used, or an address others can reach without a key.
    """

    data: Path
    database: str | None = None
    model: str | None = None
    device: str = "cpu"
    workers: int = 2
    threads: int = 2
    host: str = "127.0.0.1"
    port: int = 8571
    keys: tuple[str, ...] = field(default=(), repr=False)
    hosts: tuple[str, ...] = LOOPBACK
    origins: tuple[str, ...] = ()
    keep_hours: float = 24.0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for name, value in (("workers", self.workers), ("threads", self.threads)):
            if value < 1:
                raise UsageError(f"{name} {value}: must be at least 1")
        if not 0 < self.keep_hours <= 24 * 366:
            raise UsageError(f"keep_hours {self.keep_hours:g}: must be above 0, at most a year")
        if any(not key.strip() for key in self.keys):
            raise UsageError("an API key is empty")
        if not self.keys and not is_loopback(self.host):
            raise UsageError(
                f"host {self.host}: others can reach it, so it needs an API key; "
                "set one, or listen on 127.0.0.1"
            )

    @property
    def database_url(self) -> str:
        """The database, as a URL for SQLAlchemy."""
        return self.database or f"sqlite:///{self.data.absolute() / 'mien.db'}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

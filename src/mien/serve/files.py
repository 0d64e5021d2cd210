"""Where the files of a job are: one folder per job, with names that no client chooses."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.errors import UsageError
from mien.output.formats import FORMATS as CONVERTED
from mien.output.report import WRITERS

__all__ = ["ANNOTATED", "FORMATS", "RESERVE", "ROOM", "JobFiles", "is_id", "suffix"]

ANNOTATED = ("eaf", "textgrid")
"""For annotation programs: keys of `mien.output.formats.FORMATS`."""

FORMATS = (*(name for name in WRITERS if name != "video"), *ANNOTATED)
"""What is written as soon as a clip is analysed; the annotated video is made when asked for."""

RESERVE = 2**20
"""Bytes kept in reserve, so that the database can still write when the disk is full."""

ROOM = 4 * RESERVE
"""Bytes that have to be free before a task is started."""

_ID = re.compile(r"[A-Za-z0-9_-]{22}")


def is_id(text: str) -> bool:
    """Whether a text can be the id of a job."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True)
class JobFiles:
    """The files below one data folder.

    Args:
        data: see `Settings.data`.
    """

    data: Path

    @property
    def incoming(self) -> Path:
        """The folder for uploads until they are whole; on the same disk as the jobs."""
        return self.data / "incoming"

    @property
    def jobs(self) -> Path:
        """The folder that holds the folders of the jobs."""
        return self.data / "jobs"

    def make(self) -> None:
        """Make the folders; only the owner can look into them."""
        for folder in (self.data, self.incoming, self.jobs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def folder(self, job: str) -> Path:
        """The folder of a job; raises `UsageError` for an invalid id."""
        if not is_id(job):
            raise UsageError("there is no job of this id")
        return self.jobs / job

    def source(self, job: str) -> Path:
        """The clip as it was sent."""
        return self.folder(job) / "source"

    def result(self, job: str, name: str) -> Path:
        """A result; `name` is one of `FORMATS`, or "video"."""
        return self.folder(job) / f"result{suffix(name)}"

    def evidence(self, job: str) -> Path:
        """What the answer was made from; not of every model. See `transcript.store`."""
        return self.folder(job) / "evidence.npz"

    def lines(self, job: str, form: str) -> Path:
        """The lines of a transcript; `form` is a key of `transcript.write.SUFFIXES`."""
        return self.folder(job) / f"transcript.{form}"

    def preview(self, job: str) -> Path:
        """What a browser can play in place of the source (MP4)."""
        return self.folder(job) / "preview.mp4"

    def waveform(self, job: str) -> Path:
        """The peaks of the sound (JSON, see `mien.serve.waveform`)."""
        return self.folder(job) / "waveform.json"

    @property
    def has_room(self) -> bool:
        """Whether the disk has room for a result."""
        return shutil.disk_usage(self.data).free >= ROOM

    def hold_reserve(self) -> None:
        """Keep `RESERVE` bytes of the disk occupied, if there is room."""
        if not self._reserve.exists() and self.has_room:
            self._reserve.write_bytes(bytes(RESERVE))

    def use_reserve(self) -> None:
        """Free the reserved bytes, for the database."""
        self._reserve.unlink(missing_ok=True)

    @property
    def _reserve(self) -> Path:
        return self.data / "reserve"

    def remove(self, job: str) -> None:
        """Delete all files of a job."""
        shutil.rmtree(self.folder(job), ignore_errors=True)

    def remove_parts(self, job: str) -> None:
        """Delete what a worker that was killed had begun to write."""
        for part in self.folder(job).glob("*.part"):
            part.unlink(missing_ok=True)

    def older(self, seconds: float) -> Iterator[str]:
        """Ids that have a folder which was last changed so long ago."""
        for folder in self.jobs.iterdir():
            if is_id(folder.name) and _age(folder) > seconds:
                yield folder.name

    def sweep_incoming(self, seconds: float) -> None:
        """Delete uploads that broke off so long ago."""
        for path in self.incoming.iterdir():
            if _age(path) > seconds:
                path.unlink(missing_ok=True)


def suffix(name: str) -> str:
    """The suffix that a result of a clip gets after the clip's name."""
    return CONVERTED[name].suffix if name in ANNOTATED else WRITERS[name].suffix


def _age(path: Path) -> float:
    """Seconds since a change; 0 if it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0

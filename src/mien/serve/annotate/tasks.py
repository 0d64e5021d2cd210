"""What there is to label: clips of a folder, or windows of a sheet of `mien data propose`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.core.walk import PICTURES, SUFFIXES
from mien.data.manifest import read_manifest
from mien.errors import UsageError
from mien.evaluation.agreement import COLUMN

__all__ = ["RESULTS", "Task", "keys_of", "root_of", "tasks_of"]

RESULTS = "annotations"
"""Folder, beside the clips, that the labels are written to."""
_NONE, _BACK, _ANSWER = "0", "b", "m"  # keys that are not a label's


@dataclass(frozen=True)
class Task:
    """A stretch to label.

    Args:
        id: the same for the same stretch, whatever else there is to label.
        clip: path relative to the root, "/" between folders.
        path: where the file is.
        start, end: seconds; None is the start and the end of the clip.
    """

    id: str
    clip: str
    path: Path
    start: float | None = None
    end: float | None = None


def root_of(source: Path) -> Path:
    """The folder that paths start from, and that `RESULTS` is made in."""
    return source if source.is_dir() else source.parent


def tasks_of(source: Path) -> list[Task]:
    """What there is to label.

    Args:
        source: a folder of clips, or a sheet or manifest (.csv, .parquet). Sheets that lie in the
            folder itself, with columns annotator_NAME, stand for its clips.

    Raises:
        UsageError: it is not there, or holds nothing to label.
    """
    if not source.exists():
        raise UsageError(f"--annotate {source}: there is no such folder or sheet")
    if source.is_dir():
        sheets = [path for path in sorted(source.glob("*.csv")) if _is_sheet(path)]
        tasks = [task for sheet in sheets for task in _windows(sheet)] or list(_clips(source))
    else:
        tasks = list(_windows(source))
    if not tasks:
        raise UsageError(f"--annotate {source}: holds no clip and no sheet of 'mien data propose'")
    return list({task.id: task for task in tasks}.values())


def _is_sheet(path: Path) -> bool:
    with path.open("rb") as stream:
        return COLUMN.encode() in stream.readline(10_000)


def _windows(sheet: Path) -> Iterator[Task]:
    manifest = read_manifest(sheet)
    for clip in manifest.clips:
        yield _task(clip.path, manifest.path(clip), clip.start, clip.end)


def _clips(folder: Path) -> Iterator[Task]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.suffix.casefold() in SUFFIXES | PICTURES and path.is_file() and not hidden:
            yield _task(relative.as_posix(), path, None, None)


def _task(clip: str, path: Path, start: float | None, end: float | None) -> Task:
    name = f"{clip}|{start}|{end}".encode("utf-8", "surrogateescape")
    return Task(hashlib.sha256(name).hexdigest()[:16], clip, path, start, end)


def keys_of(labels: Iterable[str]) -> dict[str, str]:
    """{label: the key for it}: its first letter that is free, else a number from 1."""
    taken = {_NONE, _BACK, _ANSWER}
    result: dict[str, str] = {}
    for label in labels:
        letters = [c for c in label.casefold() if c.isascii() and c.isalpha()]
        numbers = [str(k) for k in range(1, 10)]
        result[label] = next((k for k in (*letters, *numbers) if k not in taken), "")
        taken.add(result[label])
    return result

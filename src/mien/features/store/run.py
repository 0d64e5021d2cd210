"""Filling the store: what is missing is made, several clips at a time; failures stop nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import MediaError, MienError, UsageError
from mien.features.extractors.extractor import Extractor
from mien.features.store.source import measured_by
from mien.features.store.store import Store
from mien.features.store.table import Row
from mien.features.store.workers import Deal, deal_out

if TYPE_CHECKING:
    from mien.data.manifest import Manifest

__all__ = ["Failure", "run_features"]

Progress = Callable[[int, int], None]

_TIDY_EVERY = 256  # clips
_Stretch = tuple[str, float | None, float | None]  # media, start, end


@dataclass(frozen=True)
class Failure:
    """Features of a clip that could not be made.

    Args:
        clip: its id.
        extractor: name of the features.
        reason: one line.
    """

    clip: str
    extractor: str
    reason: str


@dataclass(frozen=True)
class _Task:
    """A stretch of a file and what is missing of it; clips that are the same share one."""

    root: Path
    media: str
    path: Path
    start: float | None
    end: float | None
    extractors: tuple[Extractor, ...]
    clips: tuple[str, ...] = field(default=(), compare=False)

    def failures(self, reason: str, extractors: Sequence[Extractor] = ()) -> list[Failure]:
        chosen = extractors or self.extractors
        return [Failure(clip, e.name, reason) for clip in self.clips for e in chosen]


def run_features(
    manifest: Manifest,
    extractors: Sequence[Extractor],
    store: Store,
    jobs: int = 1,
    progress: Progress | None = None,
    deal: Deal = deal_out,
) -> list[Failure]:
    """Make the features that the store does not have. May be killed and started again at will.

    Args:
        manifest: the clips.
        extractors: what to measure.
        store: where features go; each is on disk as soon as it is made.
        jobs: processes.
        progress: called with (stretches done, stretches to do in this run).
        deal: deals the work out; see `mien.features.store.workers.deal_out`.

    Returns:
        what could not be made, in the order of the manifest; it is tried again in the next run.

    Raises:
        UsageError: `jobs` is below 1.
        OutputError: the store cannot be written.
    """
    if jobs < 1:
        raise UsageError(f"jobs {jobs}: must be at least 1")
    for one in extractors:
        store.shelf(one).tidy()
    tasks: list[_Task] = []
    failures: list[Failure] = []
    for group in _alike(extractors):
        more = _missing(measured_by(manifest, group[0]), group, store, jobs)
        tasks, failures = tasks + more[0], failures + more[1]
    if progress is not None:
        progress(0, len(tasks))
    for done, (task, failed) in enumerate(deal(_make, tasks, jobs), 1):
        if failed is None:
            failures += task.failures(f"{task.path}: the process that read it died")
        else:
            failures += failed
        if done % _TIDY_EVERY == 0:
            for one in extractors:
                store.shelf(one).tidy(_TIDY_EVERY)
        if progress is not None:
            progress(done, len(tasks))
    for one in extractors:
        store.shelf(one).tidy()
    place = {clip.id: number for number, clip in enumerate(manifest.clips)}
    return sorted(failures, key=lambda f: (place[f.clip], f.extractor))


def _alike(extractors: Sequence[Extractor]) -> list[list[Extractor]]:
    """Extractors in groups that measure the same of a clip: its media, or a folder."""
    groups: dict[str, list[Extractor]] = {}
    for one in extractors:
        groups.setdefault(str(getattr(one, "column", "")), []).append(one)
    return list(groups.values())


def _missing(
    manifest: Manifest, extractors: Sequence[Extractor], store: Store, jobs: int
) -> tuple[list[_Task], list[Failure]]:
    """What has to be made, and the clips whose file cannot even be read."""
    hashes = dict(_hashes({manifest.path(clip) for clip in manifest.clips}, store, jobs))
    tasks: dict[_Stretch, _Task] = {}
    failures: list[Failure] = []

    # Pictures first: their pass over the file also leaves its sound for the voice.
    def rank(one: Extractor) -> tuple[bool, ...]:
        return one.modality == "voice", one.modality == "frame", one.kind != "pictures"

    order = tuple(sorted(extractors, key=rank))
    for clip in manifest.clips:
        path = manifest.path(clip)
        sha256 = hashes[path]
        if isinstance(sha256, MediaError):
            failures += [Failure(clip.id, e.name, str(sha256)) for e in extractors]
            continue
        same = sha256, clip.start, clip.end
        old = tasks.get(same) or _Task(store.root, sha256, path, clip.start, clip.end, order)
        tasks[same] = replace(old, clips=(*old.clips, clip.id))
    stored = [_stored(e, tasks.values(), store) for e in order]
    left = []
    for same, task in tasks.items():
        todo = tuple(e for e, there in zip(order, stored, strict=True) if same not in there)
        if todo:
            left.append(replace(task, extractors=todo))
    return left, failures


def _hashes(paths: set[Path], store: Store, jobs: int) -> Iterator[tuple[Path, str | MediaError]]:
    def read(path: Path) -> str | MediaError:
        try:
            return store.media.sha256(path)
        except MediaError as error:
            return error

    with ThreadPoolExecutor(jobs) as pool:
        yield from zip(paths, pool.map(read, paths), strict=True)


def _stored(extractor: Extractor, tasks: Iterable[_Task], store: Store) -> set[_Stretch]:
    """The stretches that have these features already."""
    shelf = store.shelf(extractor)
    keys = {shelf.key(t.media, t.start, t.end): (t.media, t.start, t.end) for t in tasks}
    missing = shelf.missing(keys)
    return {stretch for key, stretch in keys.items() if key not in missing}


def _make(task: _Task) -> list[Failure]:
    """Make what is missing of one stretch, and put it into the store."""
    store, failures = _store(task.root), []
    for one in task.extractors:
        try:
            features = one.extract(task.path, task.start, task.end)
            if store.media.sha256(task.path) != task.media:
                raise MediaError(f"{task.path}: changed while it was read; run again")
        except MediaError as error:
            failures += task.failures(str(error), [one])
            continue
        except MienError:
            raise  # not about this clip: a damaged bundle, a package that is not there
        except Exception as error:  # whatever it is, thousands of other clips are waiting
            what = f"{task.path}: {type(error).__name__}: {error}".splitlines()[0]
            failures += task.failures(what, [one])
            continue
        shelf = store.shelf(one)
        key = shelf.key(task.media, task.start, task.end)
        shelf.put(Row(key, task.media, task.start, task.end, features))
    return failures


@lru_cache(maxsize=1)
def _store(root: Path) -> Store:
    return Store(root)

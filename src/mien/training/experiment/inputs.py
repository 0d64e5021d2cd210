"""What fits learn from, read once in a process: features of all clips, and what they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from mien.data.manifest import Manifest, read_manifest
from mien.features.extractors.extractor import Extractor
from mien.features.store import Store, load_features
from mien.features.store.source import measured_by
from mien.training.distributed import exchanged
from mien.training.learners.clip_set import ClipSet
from mien.training.recipes.declaration import Branch
from mien.types import Features

__all__ = [
    "Origin",
    "classes_of",
    "clips_of",
    "contents_of",
    "extractor_of",
    "forget_media",
    "origin_of",
]

Settings = tuple[tuple[str, bool | int | float | str], ...]


@dataclass(frozen=True)
class Origin:
    """Where the features of a branch come from.

    Args:
        manifest: path of the manifest.
        state: its time of change in ns and its size; another one makes another origin.
        store: folder of the feature store.
        extractor, settings: what measured the clips.
    """

    manifest: Path
    state: tuple[int, int]
    store: Path
    extractor: str
    settings: Settings


def origin_of(manifest: Path, store: Path, branch: Branch) -> Origin:
    """The origin of a branch's features, as the manifest is now."""
    status, settings = manifest.stat(), tuple(sorted(branch.settings.items()))
    state = status.st_mtime_ns, status.st_size
    return Origin(manifest, state, store, branch.extractor, settings)


def extractor_of(branch: Branch) -> Extractor:
    """What measures the clips for a branch."""
    return _extractor(branch.extractor, tuple(branch.settings.items()))


def _extractor(name: str, settings: Settings) -> Extractor:
    from mien.features.extractors import extractor

    return extractor(name, **dict(settings))


@lru_cache(maxsize=2)
def clips_of(origin: Origin) -> ClipSet:
    """All clips of the manifest with their features; with several ranks each reads its share.

    Raises:
        UsageError: some are not in the store.
    """
    manifest = _manifest(origin.manifest, origin.state)
    measure = _extractor(origin.extractor, origin.settings)
    store = Store(origin.store)

    def read(indices: Sequence[int]) -> list[Features]:
        share = replace(manifest, clips=tuple(manifest.clips[index] for index in indices))
        return load_features(share, measure, store)

    features = exchanged(read, len(manifest.clips))
    labels = [manifest.labels.index(c.label) if c.label else -1 for c in manifest.clips]
    ids, speakers = (tuple(getattr(c, k) for c in manifest.clips) for k in ("id", "speaker"))
    return ClipSet(ids, tuple(features), np.array(labels), len(manifest.labels), speakers)


@lru_cache(maxsize=8)
def contents_of(origin: Origin) -> tuple[tuple[str, str, str], ...]:
    """Of each clip: SHA-256 of all that its features depend on, its label and its speaker."""
    manifest, store = _manifest(origin.manifest, origin.state), Store(origin.store)
    measure = _extractor(origin.extractor, origin.settings)
    seen = measured_by(manifest, measure)
    return tuple(
        (store.key(measure, seen.path(c), c.start, c.end), c.label, c.speaker) for c in seen.clips
    )


def classes_of(origin: Origin) -> tuple[str, ...]:
    """The names of the manifest's label set, in order."""
    return _manifest(origin.manifest, origin.state).labels.names


def forget_media() -> None:
    """Look at all media files again, since they may have changed."""
    clips_of.cache_clear()
    contents_of.cache_clear()


@lru_cache(maxsize=2)
def _manifest(path: Path, state: tuple[int, int]) -> Manifest:  # noqa: ARG001
    return read_manifest(path)

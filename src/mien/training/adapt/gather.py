"""Measuring the labelled clips: a file at a time on each core, kept, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from os import cpu_count
from pathlib import Path

from mien.errors import MediaError
from mien.training.adapt.keep import Kept
from mien.training.adapt.labelled import Labelled
from mien.training.adapt.measure import ClipEvidence, Collecting, Stretch, measure
from mien.types import Clip

__all__ = ["Failure", "Measured", "gather"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Failure:
    """A clip that cannot be used.

    Args:
        clip: its id.
        reason: one line.
    """

    clip: str
    reason: str


@dataclass(frozen=True)
class Measured:
    """The clips that can be used.

    Args:
        clips, found: the same clips in the order of the table.
        failures: the others.
    """

    clips: tuple[Clip, ...]
    found: tuple[ClipEvidence, ...]
    failures: tuple[Failure, ...]


def gather(
    bundle: Collecting, table: Labelled, store: Path, jobs: int, progress: Progress
) -> Measured:
    """Measure all clips, those again that are kept already left out.

    Args:
        bundle: the model.
        table: the clips.
        store: folder in which they are kept.
        jobs: files at a time; 0 is the cores.
        progress: called with ("clips", done, in all).
    """
    kept, files = Kept(store, bundle.sha256), list(dict.fromkeys(c.path for c in table.clips))
    of_file = {file: [c for c in table.clips if c.path == file] for file in files}
    results: dict[str, ClipEvidence | str] = {}
    with ThreadPoolExecutor(jobs or cpu_count() or 1, "clips") as pool:
        work = partial(_of_file, bundle, kept, table.root)
        for measured in pool.map(work, of_file.values()):
            results |= measured
            progress("clips", len(results), len(table.clips))
    pairs = [(clip, results[clip.id]) for clip in table.clips]
    used = [(clip, outcome) for clip, outcome in pairs if isinstance(outcome, ClipEvidence)]
    failures = tuple(
        Failure(clip.id, outcome) for clip, outcome in pairs if isinstance(outcome, str)
    )
    return Measured(tuple(c for c, _ in used), tuple(outcome for _, outcome in used), failures)


def _of_file(
    bundle: Collecting, kept: Kept, root: Path, clips: Sequence[Clip]
) -> dict[str, ClipEvidence | str]:
    """{clip: what was found, or why nothing was} of one file."""
    path = root / clips[0].path
    try:
        known = {clip.id: kept.get(path, _stretch(clip)) for clip in clips}
        left = [clip for clip in clips if known[clip.id] is None]
        if left:
            known |= dict(_new(bundle, kept, path, left))
    except MediaError as error:
        return {clip.id: str(error) for clip in clips}
    return {clip.id: _usable(clip, known[clip.id]) for clip in clips}


def _new(
    bundle: Collecting, kept: Kept, path: Path, clips: Sequence[Clip]
) -> Iterator[tuple[str, ClipEvidence]]:
    measured = measure(bundle, path, [_stretch(clip) for clip in clips])
    for clip, evidence in zip(clips, measured, strict=True):
        kept.put(path, _stretch(clip), evidence)
        yield clip.id, evidence


def _stretch(clip: Clip) -> Stretch:
    return clip.start, clip.end


def _usable(clip: Clip, evidence: ClipEvidence | None) -> ClipEvidence | str:
    """Clips without face and voice count, as in every score; windows past the end do not."""
    if evidence is None:
        return f"{clip.id}: was not measured"
    if clip.start and not evidence.decoded:
        return f"{clip.path}: ends before the window's start {clip.start:g} s"
    return evidence

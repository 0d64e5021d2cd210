"""The people of a clip: tracks that are one person, joined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from mien.faces.people.joining import people_of
from mien.features.windows import cells_of
from mien.inference.bundle import Bundle
from mien.inference.evidence import GridStats, SpanRows
from mien.inference.range_monitor import FaceRangeMonitor
from mien.inference.session import Session, Track

__all__ = ["in_order", "join_evidence", "joint", "people", "sight_cells", "within"]


def people(session: Session) -> list[Track]:
    """One track for each person, in order of their first sights.

    Tracks are joined by the looks that are kept of them (`mien.faces.people.looks`); where none
    are, as with `keep_tracks`, every track is a person.
    """
    tracks = in_order(session.tracks.values())
    groups = people_of([t.looks.embeddings for t in tracks], [np.array(t.times) for t in tracks])
    return [joint(session.bundle, [tracks[n] for n in group]) for group in groups]


def in_order(tracks: Iterable[Track]) -> list[Track]:
    """By their first sights; of two at the same time, the one further left comes first.

    Nothing depends on how the tracker numbers them.
    """
    return sorted(tracks, key=lambda t: (t.times[0], *t.boxes[0].tolist(), t.id))


def joint(bundle: Bundle, tracks: Sequence[Track]) -> Track:
    """Several tracks of one person, or of whoever is in view, as one."""
    if len(tracks) == 1:
        return tracks[0]
    watch = FaceRangeMonitor(bundle.spec.ranges)
    result = Track(min((t.id for t in tracks), default=0), bundle.evidence("face"), watch)
    for track in tracks:
        result.watch.join(track.watch)
        result.motion.join(track.motion)
        result.mouth.join(track.mouth)
        for branch, evidence in track.evidence.items():
            join_evidence(result.evidence[branch], evidence)
        if track.best > result.best:
            result.best, result.thumbnail = track.best, track.thumbnail
    _put_sights(result, tracks)
    return result


def within(bundle: Bundle, track: Track, cells: Collection[int]) -> Track:
    """What of a track falls into these cells of the time grid."""
    result = Track(track.id, bundle.evidence("face"), track.watch.within(cells))
    for branch, evidence in track.evidence.items():
        join_evidence(result.evidence[branch], evidence, cells)
    rows = [k for k, cell in enumerate(sight_cells(track)) if cell in cells]
    result.times = [track.times[k] for k in rows]
    result.boxes = [track.boxes[k] for k in rows]
    result.sides = [track.sides[k] for k in rows]
    return result


def sight_cells(track: Track) -> list[int]:
    """The cell of the time grid of each sight."""
    cells: list[int] = cells_of(np.array(track.times)).tolist()
    return cells


def _put_sights(result: Track, tracks: Sequence[Track]) -> None:
    """The sights of all tracks in order of time."""
    times = np.concatenate([np.array(t.times) for t in tracks])
    order = np.argsort(times, kind="stable")
    boxes = [box for t in tracks for box in t.boxes]
    sides = [side for t in tracks for side in t.sides]
    result.times = times[order].tolist()
    result.boxes = [boxes[k] for k in order]
    result.sides = [sides[k] for k in order]


def join_evidence(
    place: GridStats | SpanRows, other: GridStats | SpanRows, cells: Collection[int] | None = None
) -> None:
    """Take what `other` has in these cells of the time grid; None is all."""
    if isinstance(place, GridStats):
        assert isinstance(other, GridStats)  # both are what the bundle gives for one branch
        place.join(other, cells)
    else:
        assert isinstance(other, SpanRows)
        place.join(other, cells)

"""Frames in, faces out: detection, tracking, smoothing and alignment as one stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.faces.align import Cut
from mien.faces.detector import Detector
from mien.faces.people.looks import Looks
from mien.faces.search import EVERY, FaceSearch, SampledFrame
from mien.faces.track import Tracker, is_cut
from mien.media.pictures import Array, Picture
from mien.types import FACE_POINTS, FaceChunk

__all__ = ["FaceFinder", "empty", "join", "main_track"]

_REACH = 1  # neighbours on each side that smooth a box
_WEIGHTS = (1.0, 2.0, 1.0)
_SMOOTH_WITHIN = 0.5  # s; a neighbour further away does not count

Floats = NDArray[np.float32]


@dataclass
class _Sight:
    """One detection, waiting for its neighbours."""

    id: int
    time: float
    box: Floats
    points: Floats
    score: float
    look: SampledFrame


class FaceFinder:
    """Follows faces through consecutive frames.

    `push` takes frames; where several finders share one search, it is pushed and each of them
    `follow`s what it gives. A sight is given out when it is final: when its track has `min_hits`
    sights and the next one (or the end of the track) is known, which smooths it. How frames are
    dealt out over calls changes nothing, and memory does not grow.

    Args:
        detector: finds faces in a frame.
        cut: how the aligned crops are cut; None is the default of `Cut`.
        min_hits: sights a track needs; a file with fewer frames needs one in each.
        max_people: follow at most so many faces at once.
        threads, every: of the search (`FaceSearch`).
        portrait: how the portraits of the clearest sights are cut; None gives none.
    """

    def __init__(
        self,
        detector: Detector,
        *,
        cut: Cut | None = None,
        min_hits: int = 3,
        max_people: int | None = None,
        threads: int = 1,
        every: float = EVERY,
        portrait: Cut | None = None,
    ) -> None:
        self.search = FaceSearch(detector, threads, every)
        self._portrait = portrait
        self._least = min_hits
        self._cut = cut or Cut()
        self._tracker = Tracker(max_people)
        self._last: SampledFrame | None = None
        self._frames = 0
        self._tracks: dict[int, list[_Sight]] = {}
        self._hits: dict[int, int] = {}
        self._out: dict[int, int] = {}
        self._clearest: dict[int, Looks] = {}

    def push(
        self,
        frames: Sequence[Array | Picture],
        times: NDArray[np.float64],
        scale: float = 1.0,
        zoom: float = 1.0,
    ) -> FaceChunk:
        """Take consecutive frames, each (H,W,3) RGB, and give the rows that are now final.

        Args:
            frames: pictures, or arrays of them.
            times: (T,) seconds.
            scale, zoom: as in `MediaChunk`; boxes are in pixels of the frame of reference.
        """
        return self.follow(self.search.push(self.search.begin(frames, times, scale, zoom)))

    def follow(self, looks: Sequence[SampledFrame]) -> FaceChunk:
        """Take what a search gave, and give the rows that are now final."""
        return join([row for look in looks for row in self._step(look)], self._cut.shape)

    def finish(self) -> FaceChunk:
        """The rows that were still waiting."""
        waited = [row for look in self.search.finish() for row in self._step(look)]
        least = min(self._least, self._frames)
        rows = [r for number in sorted(self._tracks) for r in self._release(number, True, least)]
        self._tracks = {}
        return join(waited + rows, self._cut.shape)

    def seen(self) -> dict[int, Floats]:
        """Track number and box (4,) of each face in the last frame, as found: not yet smoothed.

        Boxes are in pixels of the frame of reference.
        """
        return {
            number: sights[-1].box
            for number, sights in self._tracks.items()
            if self._last is not None
            and sights[-1].time == self._last.time
            and self._hits[number] >= self._least
        }

    def _step(self, look: SampledFrame) -> list[FaceChunk]:
        rows: list[FaceChunk] = []
        if self._last is not None and is_cut(self._last.thumbnail, look.thumbnail):
            self._tracker.end_all()
        self._last = look
        self._frames += 1
        detections = look.found
        for row, number in enumerate(self._tracker.step(detections, look.time)):
            if number >= 0:
                sight = _Sight(
                    int(number),
                    look.time,
                    detections.boxes[row],
                    detections.points[row],
                    float(detections.scores[row]),
                    look,
                )
                self._tracks.setdefault(sight.id, []).append(sight)
                self._hits[sight.id] = self._hits.get(sight.id, 0) + 1
        going_on = self._tracker.open_ids()
        for number in sorted(self._tracks):
            ended = number not in going_on
            rows += self._release(number, ended, self._least)
            if ended and self._frames >= self._least:
                self._tracks.pop(number)
                self._hits.pop(number)
                self._out.pop(number, None)
                self._clearest.pop(number, None)
        return rows

    def _release(self, number: int, ended: bool, least: int) -> list[FaceChunk]:
        """Sights of one track that are final; keeps the ones still needed to smooth others."""
        sights, first = self._tracks[number], self._out.get(number, 0)
        if self._hits[number] < least:
            return []
        last = len(sights) if ended else len(sights) - _REACH
        rows = [self._final(sights, i) for i in range(first, last)]
        drop = max(0, last - _REACH)
        self._tracks[number] = sights[drop:]
        self._out[number] = max(first, last) - drop
        return rows

    def _final(self, sights: list[_Sight], at: int) -> FaceChunk:
        here = sights[at]
        near = [
            (weight, sights[at + k])
            for k, weight in zip(range(-_REACH, _REACH + 1), _WEIGHTS, strict=True)
            if 0 <= at + k < len(sights) and abs(sights[at + k].time - here.time) <= _SMOOTH_WITHIN
        ]
        share = np.array([weight for weight, _ in near], np.float32)
        share /= share.sum()
        box = np.tensordot(share, np.stack([s.box for _, s in near]), 1)
        # A point is smoothed relative to its box, so that a moving face is not smeared.
        shape = np.stack([_relative(s.points, s.box) for _, s in near])
        points = _absolute(np.tensordot(share, shape, 1), here.box)
        within = _points_within(here.look, points)
        chunk = FaceChunk(
            np.array([here.id]),
            np.array([here.time]),
            box[None].astype(np.float32),
            points[None].astype(np.float32),
            np.array([here.score], np.float32),
            self._cut.out_of(here.look.picture, within)[None],
            np.array([here.look.zoom], np.float32),
        )
        if self._portrait is None:
            return chunk
        wanted = self._clearest.setdefault(here.id, Looks()).wants(chunk)
        portrait = self._portrait.out_of(here.look.picture, within) if wanted else None
        return replace(chunk, portraits=(portrait,))


def _points_within(look: SampledFrame, points: Floats) -> Floats:
    """Points of the frame of reference in pixels of the picture."""
    return points if look.scale == 1 else np.asarray(points / np.float32(look.scale), np.float32)


def _relative(points: Floats, box: Floats) -> Floats:
    return np.asarray((points - box[:2]) / np.maximum(box[2:] - box[:2], 1e-3), np.float32)


def _absolute(points: Floats, box: Floats) -> Floats:
    return np.asarray(points * (box[2:] - box[:2]) + box[:2], np.float32)


def empty(shape: tuple[int, ...]) -> FaceChunk:
    """No faces, with crops of this shape."""
    return FaceChunk(
        np.zeros(0, np.int64),
        np.zeros(0),
        np.zeros((0, 4), np.float32),
        np.zeros((0, len(FACE_POINTS), 2), np.float32),
        np.zeros(0, np.float32),
        np.zeros((0, *shape), np.uint8),
    )


def join(rows: list[FaceChunk], shape: tuple[int, ...]) -> FaceChunk:
    """Several chunks as one, by time and then by track."""
    if not rows:
        return empty(shape)
    rows = sorted(rows, key=lambda r: (r.times[0], r.ids[0]))
    portraits = tuple(picture for r in rows if r.portraits is not None for picture in r.portraits)
    return FaceChunk(
        np.concatenate([r.ids for r in rows]),
        np.concatenate([r.times for r in rows]),
        np.concatenate([r.boxes for r in rows]),
        np.concatenate([r.points for r in rows]),
        np.concatenate([r.scores for r in rows]),
        np.concatenate([r.crops for r in rows]),
        np.concatenate([r.zooms for r in rows if r.zooms is not None]),
        portraits or None,
    )


def main_track(ids: NDArray[np.int64], times: NDArray[np.float64], boxes: Floats) -> int | None:
    """The longest track (time span, then sights); ties go to the larger face.

    Args:
        ids, times, boxes: rows of all tracks, as in `FaceChunk`.
    """

    def rank(number: int) -> tuple[float, int, float]:
        mine = ids == number
        sides = np.sqrt(np.prod(boxes[mine, 2:] - boxes[mine, :2], axis=1))
        return round(float(np.ptp(times[mine])), 3), int(mine.sum()), float(np.median(sides))

    return max((int(n) for n in np.unique(ids)), key=rank, default=None)

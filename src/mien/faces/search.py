"""Which pictures the detector looks at: few while nothing happens, all where things move.

A face takes longer to find than to recognise. So the detector looks at one picture in each 0.5 s,
and where two such looks agree, the faces of the pictures between lie between. Where they do not
(somebody moved, came or went, or the shot changed) it looks at the one in the middle, and so on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mien.faces.detector import Detections, Detector
from mien.faces.track import is_cut, thumbnail
from mien.media.pictures import Array, Picture, views

__all__ = ["EVERY", "STILL", "FaceSearch", "SampledFrame"]

EVERY = 0.5
"""Seconds in each of which one picture is looked at in any case."""
STILL = 0.15
"""Of a face's side that no point of it may move by between two looks that agree.

How far the face then is from where it is put: `benchmarks/between_looks.py`.
"""

Floats = NDArray[np.float32]


@dataclass
class SampledFrame:
    """One picture with its faces.

    Args:
        picture, time: what is looked at, and when it was in seconds.
        answer: what the detector says, or will; None until it has to look.
        scale: pixels of the frame of reference for one of the picture; see `MediaChunk`.
        zoom: pixels of the picture as stored for one of the frame of reference.
    """

    picture: Picture
    time: float
    answer: Future[Detections] | Detections | None = None
    scale: float = 1.0
    zoom: float = 1.0

    @property
    def found(self) -> Detections:
        """The faces, in pixels of the frame of reference; waits for the detector."""
        if isinstance(self.answer, Future):
            self.answer = self.answer.result().scaled(self.scale)
        assert self.answer is not None  # pictures are given out only when it is known
        return self.answer

    @cached_property
    def thumbnail(self) -> Array:
        """A small grey version, to see cuts by."""
        return thumbnail(self.picture)


class FaceSearch:
    """Finds the faces in consecutive pictures.

    How pictures are dealt out over calls changes nothing: those after the last one that was looked
    at wait for the next.

    Args:
        detector: finds faces in one picture.
        threads: pictures that are looked at at the same time.
        every: seconds; 0 looks at each picture and waits for none.
    """

    def __init__(self, detector: Detector, threads: int = 1, every: float = EVERY) -> None:
        self._detector, self._every = detector, every
        self._pool = ThreadPoolExecutor(threads, "detect")
        self._cell: int | None = None
        self._waiting: list[SampledFrame] = []  # the first of them was given out already
        self._given = 0

    def begin(
        self,
        frames: Sequence[Array | Picture],
        times: NDArray[np.float64],
        scale: float = 1.0,
        zoom: float = 1.0,
    ) -> list[SampledFrame]:
        """Begin to look, in threads, before the turn of these frames has come to be pushed.

        Args:
            frames, times, scale, zoom: as in `MediaChunk`.
        """
        looks = []
        for picture, time in zip(views(frames), times.tolist(), strict=True):
            look = SampledFrame(picture, time, scale=scale, zoom=zoom)
            cell = math.floor(time / self._every + 1e-6) if self._every else None
            if cell is None or cell != self._cell:
                self._ask(look)
            self._cell = cell
            looks.append(look)
        return looks

    def push(self, looks: Sequence[SampledFrame]) -> list[SampledFrame]:
        """Take what `begin` gave; gives those whose faces are now known, in order."""
        self._waiting += looks
        last = max(
            (i for i, look in enumerate(self._waiting) if look.answer is not None), default=0
        )
        return self._settled(last)

    def finish(self) -> list[SampledFrame]:
        """Those that were still waiting."""
        if self._waiting and self._waiting[-1].answer is None:
            self._ask(self._waiting[-1])
        last_frames = self._settled(len(self._waiting) - 1)
        self._pool.shutdown()
        return last_frames

    def _ask(self, look: SampledFrame) -> None:
        look.answer = self._pool.submit(self._detector.detect, look.picture)

    def _settled(self, last: int) -> list[SampledFrame]:
        """All up to place `last`; that one is kept, to compare the next with."""
        looks = self._waiting[: last + 1]
        known = [i for i, look in enumerate(looks) if look.answer is not None]
        gaps = [(i, j) for i, j in pairwise(known) if j > i + 1]
        while gaps:
            gaps = [gap for i, j in gaps for gap in self._narrowed(looks, i, j)]
        given, self._given = self._given, min(1, len(looks))
        self._waiting = self._waiting[last:] if last >= 0 else []
        return looks[given:]

    def _narrowed(self, looks: Sequence[SampledFrame], i: int, j: int) -> list[tuple[int, int]]:
        """Fill a gap, or have its middle looked at; gives the gaps that this leaves."""
        match = _matched(looks[i : j + 1])
        if match is not None:
            for look in looks[i + 1 : j]:
                share = (look.time - looks[i].time) / (looks[j].time - looks[i].time)
                look.answer = _between(looks[i].found, match, share)
            return []
        middle = (i + j) // 2
        self._ask(looks[middle])
        return [(a, b) for a, b in ((i, middle), (middle, j)) if b > a + 1]


def _matched(looks: Sequence[SampledFrame]) -> Detections | None:
    """The faces of the last look in the order of those of the first; None where the two do not
    agree, or a shot changed between them, if only for a moment.
    """
    a, b = looks[0].found, looks[-1].found
    if len(a) != len(b) or any(is_cut(x.thumbnail, y.thumbnail) for x, y in pairwise(looks)):
        return None
    sides = np.sqrt(np.maximum(np.prod(a.boxes[:, 2:] - a.boxes[:, :2], axis=1), 1e-6))
    moved = np.abs(a.points[:, None] - b.points[None]).max((2, 3)) / sides[:, None]  # (N,N)
    order = moved.argmin(1) if len(a) else np.zeros(0, np.int64)
    if len(set(order.tolist())) < len(a) or (moved.min(1, initial=np.inf) > STILL).any():
        return None
    return Detections(b.boxes[order], b.points[order], b.scores[order])


def _between(a: Detections, b: Detections, share: float) -> Detections:
    def mixed(one: Floats, other: Floats) -> Floats:
        return np.asarray(one + np.float32(share) * (other - one), np.float32)

    return Detections(mixed(a.boxes, b.boxes), mixed(a.points, b.points), mixed(a.scores, b.scores))

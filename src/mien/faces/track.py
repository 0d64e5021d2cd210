"""Joining detections of successive frames into tracks; a shot cut ends every track."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.faces.detector import Detections, overlap
from mien.media.pictures import Array, Picture, view

__all__ = ["Tracker", "is_cut", "thumbnail"]

_LEAST_OVERLAP = 0.25
_NEAR = 0.6  # of a face's side: centres this close belong together when boxes hardly overlap
_LONGEST_GAP = 1.0  # s a face may be unseen before its track ends
_CUT_HISTOGRAM = 0.55  # correlation of grey histograms below which a shot may have changed
_CUT_PIXELS = 28.0  # mean grey difference above which it has

Floats = NDArray[np.float32]
Grey = NDArray[np.uint8]


def thumbnail(frame: Array | Picture) -> Grey:
    """A 32x32 grey version of a frame, for `is_cut`."""
    picture = view(frame)
    step = max(1, min(picture.shape) // 128)  # of a large frame, some pixels are enough
    small = cv2.resize(picture.coarse(step), (32, 32), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def is_cut(before: Grey, after: Grey) -> bool:
    """Whether a shot changed between two thumbnails.

    Both the pixels and the histogram have to change: a fast move changes the first only, a
    change of light mostly the second.
    """
    difference = float(np.abs(before.astype(np.int16) - after).mean())
    if difference < _CUT_PIXELS:
        return False
    histograms = [cv2.calcHist([g], [0], None, [32], [0, 256]) for g in (before, after)]
    alike = cv2.compareHist(histograms[0], histograms[1], cv2.HISTCMP_CORREL)
    return bool(alike < _CUT_HISTOGRAM or difference > 2 * _CUT_PIXELS)


@dataclass
class _Open:
    id: int
    box: Floats
    time: float


class Tracker:
    """Greedy tracker: the best overlapping pairs of track and detection first.

    Args:
        most: faces followed at once; None is all.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._open: list[_Open] = []
        self._ids = 0

    def end_all(self) -> None:
        """A cut: no track goes on."""
        self._open = []

    def open_ids(self) -> set[int]:
        """Tracks that may still go on."""
        return {track.id for track in self._open}

    def step(self, found: Detections, time: float) -> NDArray[np.int64]:
        """Give each detection of the frame at `time` s its track id; -1 is none."""
        self._open = [t for t in self._open if time - t.time <= _LONGEST_GAP]
        ids = np.full(len(found), -1, np.int64)
        pairs = [
            (value, t, row)
            for t, track in enumerate(self._open)
            for row, value in enumerate(_affinity(track.box, found.boxes))
            if value > 0
        ]
        taken: set[int] = set()
        for _, t, row in sorted(pairs, reverse=True):
            if t not in taken and ids[row] < 0:
                taken.add(t)
                ids[row] = self._open[t].id
                self._open[t].box, self._open[t].time = found.boxes[row], time
        for row in np.flatnonzero(ids < 0).tolist():
            if self._most is None or len(self._open) < self._most:
                ids[row] = self._ids
                self._open.append(_Open(self._ids, found.boxes[row], time))
                self._ids += 1
        return ids


def _affinity(box: Floats, others: Floats) -> Floats:
    """Overlap, or a small value for centres close together; 0 where two boxes cannot be one."""
    shared = overlap(box, others)
    side = float(np.sqrt(max(np.prod(box[2:] - box[:2]), 1e-6)))
    sides = np.sqrt(np.maximum(np.prod(others[:, 2:] - others[:, :2], axis=1), 1e-6))
    apart = np.hypot(*((others[:, :2] + others[:, 2:]) / 2 - (box[:2] + box[2:]) / 2).T) / side
    alike = np.maximum(sides / side, side / sides) < 2
    near = np.where((apart < _NEAR) & alike, 0.1 * (1 - apart), 0)
    return np.asarray(np.where(shared >= _LEAST_OVERLAP, 1 + shared, near), np.float32)

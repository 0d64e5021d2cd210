"""What a mouth does, from the aligned crops that every face is read from."""

from __future__ import annotations

from bisect import bisect_left

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.features.face_quality import grey
from mien.inference.speaking.model import SpeakingModel, shipped
from mien.types import FaceChunk

__all__ = ["HIGH", "WIDE", "MouthMotion", "look", "pair"]

WIDE, HIGH = 32, 24
"""Pixels of a mouth."""
_FACE = slice(6, 48), slice(6, 42)  # of a crop of 48 px: where light and contrast are measured
_MOUTH = slice(27, 48), slice(10, 38)
_EYES = slice(9, 30), slice(10, 38)
_EARLIER = (0.2, 0.7)  # s between two sights that are compared, at least and at most

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def look(crop: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """An aligned crop, (S,S) grey or (S,S,3) RGB, as mouth and eyes, (24,32) each.

    They have the mean and the deviation of the grey values of the face taken out. The eyes move
    with the head alone.
    """
    face = grey(crop)
    inside = face[_FACE]
    level = (face.astype(np.float32) - inside.mean()) / (inside.std() + 1)
    mouth, eyes = (
        cv2.resize(level[region], (WIDE, HIGH), interpolation=cv2.INTER_LINEAR)
        for region in (_MOUTH, _EYES)
    )
    return np.asarray(mouth, np.float32), np.asarray(eyes, np.float32)


def pair(earlier: Floats, mouth: Floats) -> Floats:
    """(...,24,32) a mouth now and about a quarter of a second before -> (...,3,24,32)."""
    return np.stack([mouth / 2, earlier / 2, np.abs(mouth - earlier)], -3)


class MouthMotion:
    """What is kept of the mouth of one face: of each sight an embedding and two motions.

    Args:
        model: whose embeddings; None is what ships.
    """

    def __init__(self, model: SpeakingModel | None = None) -> None:
        self._model = model or shipped()
        self._times: list[float] = []
        self._rows: list[Floats] = []
        self._recent: list[tuple[float, Floats, Floats]] = []

    def add(self, seen: FaceChunk) -> None:
        """Take sights of this face, in order of time."""
        times, pairs, motions = [], [], []
        for time, crop in zip(seen.times.tolist(), seen.crops, strict=True):
            mouth, eyes = look(crop)
            before = self._before(time)
            self._recent.append((time, mouth, eyes))
            if before is None:
                continue
            _, mouth_before, eyes_before = before
            times.append(time)
            pairs.append(pair(mouth_before, mouth))
            moved = (np.abs(mouth - mouth_before).mean(), np.abs(eyes - eyes_before).mean())
            motions.append(moved)
        if times:
            self._times += times
            embeddings = self._model.mouth(np.stack(pairs))
            self._rows.extend(np.concatenate([embeddings, np.array(motions, np.float32)], 1))

    def _before(self, time: float) -> tuple[float, Floats, Floats] | None:
        """The latest sight that is early enough to differ; those too old are dropped."""
        self._recent = [sight for sight in self._recent if time - sight[0] <= _EARLIER[1]]
        early = [sight for sight in self._recent if time - sight[0] >= _EARLIER[0]]
        return early[-1] if early else None

    @property
    def seen(self) -> bool:
        """Whether there is any sight that has one to be compared with."""
        return bool(self._times)

    @property
    def times(self) -> Doubles:
        """(N,) seconds of the sights that have one to be compared with."""
        return np.array(self._times, np.float64)

    @property
    def rows(self) -> Floats:
        """(N,D+2) embeddings, motion of the mouth, motion of the eyes; N >= 1."""
        return np.stack(self._rows)

    def between(self, start: float, end: float) -> MouthMotion:
        """The sights within [start, end) seconds."""
        result = MouthMotion(self._model)
        for time, row in zip(self._times, self._rows, strict=True):
            if start <= time < end:
                result._times.append(time)
                result._rows.append(row)
        return result

    def forget(self, time: float) -> None:
        """Drop the sights before a time in seconds."""
        early = bisect_left(self._times, time)
        del self._times[:early], self._rows[:early]

    def join(self, other: MouthMotion) -> None:
        """Take the sights of the same face elsewhere in the file."""
        times, rows = self._times + other._times, self._rows + other._rows
        order = sorted(range(len(times)), key=times.__getitem__)
        self._times, self._rows = [times[k] for k in order], [rows[k] for k in order]

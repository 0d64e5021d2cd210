"""The clearest sights of one track, by which it is told whose face it is.

One sight of each stretch of the time grid is at hand, the clearest, and of those the clearest few.
Sights of two parts of a file join exactly: any cut of a file gives the looks of the uncut file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.faces.people.portrait import SIDE
from mien.features.face_quality import turns
from mien.types import FaceChunk

__all__ = ["LEAST", "MOST", "Looks", "clearness"]

MOST = 5
"""Sights of a track that are kept."""
LEAST = 0.1
"""Clearness below which a sight says nothing of whose face it is."""

_STRETCH = 1.0  # s of which one sight is kept; a span of a file that is cut up is a multiple of it
_TURNED = 0.6  # of the eye distance: the nose this far aside leaves nothing of the clearness

Floats = NDArray[np.float32]
Network = Callable[[NDArray[np.uint8]], Floats]


@dataclass(frozen=True)
class _Look:
    """One sight: a portrait, or what the network made of it."""

    clear: float
    time: float
    portrait: NDArray[np.uint8] | None
    embedding: Floats | None = None

    @property
    def rank(self) -> tuple[float, float]:
        return self.clear, -self.time


def clearness(seen: FaceChunk) -> NDArray[np.float64]:
    """(N,) 0..1: how sure, how large against a portrait, and how much from the front."""
    size = np.minimum(seen.sides.astype(np.float64) / SIDE, 1)
    return np.asarray(seen.scores * np.sqrt(size) * np.maximum(0, 1 - turns(seen.points) / _TURNED))


class Looks:
    """What is kept of the sights of one track."""

    def __init__(self) -> None:
        self._kept: dict[int, _Look] = {}

    def add(self, seen: FaceChunk) -> None:
        """Take sights of this face; those without a portrait are passed over."""
        if seen.portraits is None:
            return
        rows = zip(clearness(seen).tolist(), seen.times.tolist(), seen.portraits, strict=True)
        for clear, time, portrait in rows:
            if clear >= LEAST and portrait is not None:
                self._keep(_Look(clear, time, portrait))

    def wants(self, seen: FaceChunk) -> bool:
        """Whether one sight would be kept; what comes later is compared with it as if it were.

        Cutting out a portrait takes longer than to see that it is not needed.
        """
        clear = float(clearness(seen)[0])
        return clear >= LEAST and self._keep(_Look(clear, float(seen.times[0]), None))

    def _keep(self, look: _Look) -> bool:
        stretch = int(np.floor(look.time / _STRETCH + 1e-9))
        before = self._kept.get(stretch)
        if before is not None and before.rank >= look.rank:
            return False
        self._kept[stretch] = look
        if len(self._kept) > MOST:
            del self._kept[min(self._kept, key=lambda k: self._kept[k].rank)]
        return stretch in self._kept

    def between(self, start: float, end: float) -> Looks:
        """Those within [start, end) seconds, both on the grid of whole seconds."""
        result = Looks()
        result._kept = {k: v for k, v in self._kept.items() if start <= k * _STRETCH < end}
        return result

    def join(self, other: Looks) -> None:
        """Take those of the same face elsewhere in the file."""
        for look in other._kept.values():
            self._keep(look)

    def embed(self, network: Network) -> None:
        """Put embeddings in the place of portraits.

        Args:
            network: (1,128,128,3) uint8 RGB -> (1,D).
        """
        for stretch, look in self._kept.items():
            if look.portrait is not None:
                made = network(look.portrait[None])[0]
                self._kept[stretch] = _Look(look.clear, look.time, None, made)

    @property
    def embeddings(self) -> Floats:
        """(K,D) of length 1, in order of time; K is 0 where the face was never clear to see."""
        rows = [self._kept[k].embedding for k in sorted(self._kept)]
        known = [row for row in rows if row is not None]
        if not known:
            return np.zeros((0, 0), np.float32)
        stacked = np.stack(known)
        return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)

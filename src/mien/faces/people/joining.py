"""Which tracks of one clip are one person.

Average linkage: of two groups of tracks, the mean similarity of a look of the one to a look of the
other. The two most alike are joined, again and again, until no two are alike enough. Two tracks
that are seen in one picture are two people, whatever they look like.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALIKE", "people_of"]

ALIKE = 0.52
"""Mean cosine similarity from which two groups are one person (`benchmarks/identity.py`)."""
_MOST = 1000  # tracks that are compared all with all; shorter ones then go to the nearest group

Floats = NDArray[np.float32]
Seconds = NDArray[np.float64]


class _Groups:
    """Tracks and groups of them, with what is needed to compare them.

    Args:
        looks: (K,D) of length 1 for each track, K >= 1.
        apart: (N,N) whether two tracks cannot be one person.
    """

    def __init__(self, looks: Sequence[Floats], apart: NDArray[np.bool_]) -> None:
        self.members = [[n] for n in range(len(looks))]
        self._sums = np.stack([rows.sum(0) for rows in looks]).astype(np.float64)
        self._counts = np.array([float(len(rows)) for rows in looks])
        self._apart = apart.copy()
        alike = self._sums @ self._sums.T / np.outer(self._counts, self._counts)
        self._alike = np.where(self._apart, -np.inf, alike)
        np.fill_diagonal(self._alike, -np.inf)
        self._at = self._alike.argmax(1)
        self._best = self._alike.max(1)

    def join(self, least: float) -> bool:
        """Join the two that are most alike; False where none are alike enough."""
        one = int(self._best.argmax())
        if self._best[one] < least:
            return False
        a, b = sorted((one, int(self._at[one])))
        self.members[a] += self.members[b]
        self.members[b] = []
        self._sums[a] += self._sums[b]
        self._counts[a] += self._counts[b]
        self._apart[a] |= self._apart[b]
        self._apart[:, a] = self._apart[a]
        self._compare(a, b)
        return True

    def _compare(self, a: int, gone: int) -> None:
        """Group `a` anew with all others; group `gone` is no more."""
        there = np.array([bool(group) for group in self.members]) & ~self._apart[a]
        there[a] = False
        row = self._sums @ self._sums[a] / (self._counts * self._counts[a])
        self._alike[gone] = self._alike[:, gone] = -np.inf
        self._alike[a] = self._alike[:, a] = np.where(there, row, -np.inf)
        changed = np.isin(self._at, (a, gone))
        changed[[a, gone]] = True
        changed |= self._alike[:, a] > self._best
        self._at[changed] = self._alike[changed].argmax(1)
        self._best[changed] = self._alike[changed].max(1)


def people_of(
    looks: Sequence[Floats], times: Sequence[Seconds], alike: float = ALIKE
) -> list[list[int]]:
    """Groups of tracks, each in order, by their first member.

    The result does not depend on anything but what is given and its order: give tracks in an
    order that a file has by itself, such as that of their first sights.

    Args:
        looks: (K,D) embeddings of length 1 for each track; K may be 0, which joins nothing.
        times: (N,) rising seconds of the sights of each track.
        alike: least similarity.
    """
    known = [n for n, rows in enumerate(looks) if len(rows)]
    first = sorted(sorted(known, key=lambda n: (-len(times[n]), n))[:_MOST])
    groups: list[list[int]] = []
    if first:
        joint = _Groups([looks[n] for n in first], _apart([times[n] for n in first]))
        while joint.join(alike):
            pass
        groups = [[first[k] for k in sorted(group)] for group in joint.members if group]
    for n in sorted(set(known) - set(first)):
        _put(groups, n, looks, times, alike)
    groups += [[n] for n in range(len(looks)) if not len(looks[n])]
    return sorted(sorted(group) for group in groups)


def _put(
    groups: list[list[int]],
    track: int,
    looks: Sequence[Floats],
    times: Sequence[Seconds],
    alike: float,
) -> None:
    """One more track into the group that it is most like, or one of its own."""
    mean = looks[track].mean(0)
    best, place = alike, -1
    for k, group in enumerate(groups):
        value = float(np.mean(np.concatenate([looks[n] for n in group]) @ mean))
        if value >= best and not any(_together(times[n], times[track]) for n in group):
            best, place = value, k
    if place < 0:
        groups.append([track])
    else:
        groups[place].append(track)


def _apart(times: Sequence[Seconds]) -> NDArray[np.bool_]:
    """(N,N) whether two tracks are seen in one picture."""
    starts, ends = (np.array([row[at] for row in times]) for at in (0, -1))
    near = (starts[:, None] <= ends + 1e-6) & (starts <= ends[:, None] + 1e-6)
    for a, b in zip(*np.nonzero(np.triu(near, 1)), strict=True):
        near[a, b] = near[b, a] = _together(times[a], times[b])
    np.fill_diagonal(near, False)
    return near


def _together(a: Seconds, b: Seconds) -> bool:
    """Whether two tracks are seen in one picture."""
    if a[-1] < b[0] - 1e-6 or b[-1] < a[0] - 1e-6:
        return False
    at = np.searchsorted(b, a - 1e-6)
    inside = at < len(b)
    return bool((np.abs(b[np.minimum(at, len(b) - 1)] - a)[inside] <= 1e-6).any())

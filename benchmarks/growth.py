"""How the cost of an answer grows with length, people and size of picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls

__all__ = ["TERMS", "Point", "fitted", "seconds_an_hour"]

TERMS = ("an answer", "a second of video", "a megapixel, a second", "a person, a second")


@dataclass(frozen=True)
class Point:
    """What one clip cost.

    Args:
        name: of the clip.
        seconds: its length.
        people: in view.
        megapixels: of a picture.
        cpu: processor seconds of the whole on one thread.
    """

    name: str
    seconds: float
    people: int
    megapixels: float
    cpu: float

    @property
    def row(self) -> list[float]:
        """How often each of `TERMS` is in it."""
        return [1.0, self.seconds, self.seconds * self.megapixels, self.seconds * self.people]


def fitted(points: Sequence[Point]) -> dict[str, Any]:
    """Least squares over `TERMS`, none of them negative.

    Each point is weighed by its cost, so that errors are shares.

    Returns:
        {"terms": {term: processor seconds}, "points": [{..., "fitted": seconds}]}.
    """
    rows = np.array([point.row for point in points])
    costs = np.array([point.cpu for point in points])
    terms, _ = nnls(rows / costs[:, None], np.ones(len(points)))
    return {
        "terms": dict(zip(TERMS, terms.round(5).tolist(), strict=True)),
        "points": [
            vars(point) | {"fitted": round(float(value), 4)}
            for point, value in zip(points, rows @ terms, strict=True)
        ],
    }


def seconds_an_hour(terms: Mapping[str, float], people: int, megapixels: float) -> float:
    """Processor seconds for an hour of such video, by the fit."""
    row = Point("", 3600.0, people, megapixels, 0.0).row
    return float(np.dot(row, [terms[term] for term in TERMS]))

"""Limits of the face encoder: what its training pictures show, and where damage begins to cost.

A limit lies at the edge of the training pictures, or further out where the encoder keeps its
accuracy beyond that edge: there a warning would be a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.data.datasets import fer2013
from mien.faces.detector import detector
from mien.features.face_quality import face_quality, turns
from mien.inference.bundle import Bundle

__all__ = ["DAMAGES", "face_limits"]

TAIL = 0.25  # percent of the training pictures beyond an edge
TURNED_TAIL = 2.5  # percent; landmarks of faces in profile are far from exact
COST = 0.05  # of the accuracy on PublicTest
LEAST_SIDE = 24  # px: what training brings pictures down to
_TURNED_OF = 2000  # training pictures that are searched for landmarks
_SCALE, _MARGIN = 4, 96  # px, as in project/weights/measure_template.py

Pictures = NDArray[np.uint8]
Damage = Callable[[Pictures, float], Pictures]


def _darker(pictures: Pictures, part: float) -> Pictures:
    return _whole(pictures * part + _grain(pictures))


def _brighter(pictures: Pictures, gain: float) -> Pictures:
    return _whole(pictures * gain + 40 * (gain - 1))


def _flatter(pictures: Pictures, part: float) -> Pictures:
    return _whole(128 + (pictures - 128.0) * part + _grain(pictures) / 2)


def _blurrier(pictures: Pictures, sigma: float) -> Pictures:
    return np.stack([np.asarray(cv2.GaussianBlur(p, (0, 0), sigma), np.uint8) for p in pictures])


def _grain(pictures: Pictures) -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(0, 2, pictures.shape)


def _whole(values: NDArray[np.floating]) -> Pictures:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


DAMAGES: Mapping[str, tuple[str, Damage, tuple[float, ...]]] = {
    "dark": ("brightness", _darker, (0.5, 0.3, 0.2, 0.15, 0.1, 0.05)),
    "bright": ("brightness", _brighter, (1.25, 1.5, 2.0, 3.0)),
    "flat": ("contrast", _flatter, (0.5, 0.3, 0.2, 0.1, 0.05)),
    "blurred": ("sharpness", _blurrier, (0.5, 1.0, 1.5, 2.0, 3.0)),
}
"""Limit: the measure it is of, how pictures are damaged, and how much, more and more."""


def face_limits(bundle: Bundle, root: Path) -> tuple[dict[str, float], dict[str, object]]:
    """Limits of an `OperatingRange` for faces, and the figures behind them.

    Args:
        bundle: whose face encoder is meant.
        root: of FER2013.
    """
    splits = fer2013.load(root)
    learned, public = splits["Training"].pictures, splits["PublicTest"]

    def right(pictures: Pictures) -> float:
        rows = bundle.encode("face", pictures)[:, -len(bundle.labels) :]
        return float((rows.argmax(1) == public.labels).mean())

    plain = right(public.pictures)
    limits: dict[str, float] = {}
    figures: dict[str, object] = {}
    for name, (measure, damage, levels) in DAMAGES.items():
        damaged = [damage(public.pictures, level) for level in levels]
        medians = [_median(public.pictures, measure), *(_median(p, measure) for p in damaged)]
        accuracy = [plain, *map(right, damaged)]
        costs = _crossing(medians, accuracy, plain - COST)
        edge = _edge(_coarse(learned) if name == "blurred" else learned, name, measure)
        limits[name] = round(max(edge, costs) if name == "bright" else min(edge, costs), 3)
        figures[name] = {
            "edge of training": round(edge, 3),
            "costs from": round(costs, 3),
            "levels": [0.0, *levels],
            f"median {measure}": [round(p, 3) for p in medians],
            "accuracy": [round(a, 4) for a in accuracy],
        }
    limits["turned"], figures["turned"] = _turned(learned)
    return limits, {"n": len(public.labels), **figures}


def _median(pictures: Pictures, measure: str) -> float:
    return float(np.median(getattr(face_quality(pictures), measure)))


def _edge(pictures: Pictures, name: str, measure: str) -> float:
    values = getattr(face_quality(pictures), measure)
    return float(np.percentile(values, 100 - TAIL if name == "bright" else TAIL))


def _coarse(pictures: Pictures) -> Pictures:
    """As coarse as the encoder's training makes them."""
    small = [
        cv2.resize(p, (LEAST_SIDE, LEAST_SIDE), interpolation=cv2.INTER_AREA) for p in pictures
    ]
    return np.stack([np.asarray(cv2.resize(p, pictures.shape[1:]), np.uint8) for p in small])


def _crossing(medians: list[float], accuracy: list[float], least: float) -> float:
    """Where the accuracy falls to `least` for the first time, between two levels of damage."""
    for k in range(1, len(medians)):
        if accuracy[k] < least:
            part = (accuracy[k - 1] - least) / (accuracy[k - 1] - accuracy[k])
            return medians[k - 1] + part * (medians[k] - medians[k - 1])
    return medians[-1]


def _turned(pictures: Pictures) -> tuple[float, dict[str, float]]:
    """Among training pictures in which the detector finds a face."""
    find, points = detector("blazeface"), []
    for picture in pictures[np.random.default_rng(0).permutation(len(pictures))[:_TURNED_OF]]:
        large = cv2.resize(picture, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_CUBIC)
        canvas = np.pad(large, _MARGIN, mode="edge")
        faces = find.detect(np.asarray(cv2.cvtColor(canvas, cv2.COLOR_GRAY2RGB), np.uint8))
        if len(faces):
            points.append(faces.points[0])
    values = turns(np.stack(points))
    limit = round(float(np.percentile(values, 100 - TURNED_TAIL)), 3)
    return limit, {"faces": len(points), "median": round(float(np.median(values)), 3)}

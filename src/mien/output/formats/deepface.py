"""Faces as deepface's `analyze(..., actions=["emotion"])` gives them (deepface 0.0.93)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.output.formats.moments import Face, Shape, moments, ranked, write_moments
from mien.types import Prediction

__all__ = ["deepface_faces", "write_deepface"]


def deepface_faces(p: Prediction) -> Iterator[tuple[float, list[Shape]]]:
    """(seconds, the list that deepface would give for that picture), in order of time.

    Emotions are in per cent. `face_confidence` and the eyes are None: an answer does not keep them.
    """
    for time, faces in moments(p):
        yield time, [_shape(face) for face in faces]


def write_deepface(p: Prediction, path: Path) -> None:
    """Write a line of JSON for each picture with a face: {"time": seconds, "faces": [...]}.

    Raises:
        OutputError: the file cannot be written.
    """
    write_moments(deepface_faces(p), path)


def _shape(face: Face) -> Shape:
    x, y, w, h = face.box
    return {
        "emotion": {name: round(100 * p, 4) for name, p in face.probabilities.items()},
        "dominant_emotion": ranked(face.probabilities)[0][0],
        "region": {"x": x, "y": y, "w": w, "h": h, "left_eye": None, "right_eye": None},
        "face_confidence": None,
    }

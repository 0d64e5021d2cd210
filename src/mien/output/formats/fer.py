"""Faces as fer's `FER().detect_emotions(picture)` gives them (fer 22.5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mien.output.formats.moments import Shape, moments, write_moments
from mien.types import Prediction

__all__ = ["fer_faces", "write_fer"]


def fer_faces(p: Prediction) -> Iterator[tuple[float, list[Shape]]]:
    """(seconds, the list that fer would give for that picture), in order of time.

    The lists alone are what fer's `Video.to_pandas` takes.
    """
    for time, faces in moments(p):
        yield time, [{"box": list(f.box), "emotions": dict(f.probabilities)} for f in faces]


def write_fer(p: Prediction, path: Path) -> None:
    """Write a line of JSON for each picture with a face: {"time": seconds, "faces": [...]}.

    Raises:
        OutputError: the file cannot be written.
    """
    write_moments(fer_faces(p), path)

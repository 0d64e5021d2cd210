"""Faces over time as Amazon Rekognition Video's GetFaceDetection returns them."""

from __future__ import annotations

import json
from pathlib import Path

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.output.formats.moments import Face, moments, ranked
from mien.types import Prediction

__all__ = ["rekognition_result", "write_rekognition"]

_TYPES = {
    "angry": "ANGRY",
    "calm": "CALM",
    "disgust": "DISGUSTED",
    "fear": "FEAR",
    "happy": "HAPPY",
    "neutral": "CALM",
    "sad": "SAD",
    "surprise": "SURPRISED",
}


def rekognition_result(p: Prediction) -> dict[str, object]:
    """The response of a finished job, in one page; "neutral" is its CALM.

    Raises:
        UsageError: a label has no like among Rekognition's types, or two labels have the same.
    """
    names = {label: _type(label) for label in p.labels}
    if len(set(names.values())) < len(names):
        raise UsageError(f"labels {', '.join(names)}: two of them are one type of Rekognition's")
    width, height = p.size
    return {
        "JobStatus": "SUCCEEDED",
        "VideoMetadata": {
            "DurationMillis": round(1000 * float(p.source["duration"])),
            "FrameWidth": width,
            "FrameHeight": height,
        },
        "Faces": [
            {"Timestamp": round(1000 * time), "Face": _face(face, names, width, height)}
            for time, faces in moments(p)
            for face in faces
        ],
    }


def write_rekognition(p: Prediction, path: Path) -> None:
    """Write `rekognition_result` as JSON.

    Raises:
        UsageError: see `rekognition_result`.
        OutputError: the file cannot be written.
    """
    result = rekognition_result(p)
    with atomic(path) as part:
        part.write_text(json.dumps(result) + "\n", "utf-8")


def _face(face: Face, names: dict[str, str], width: int, height: int) -> dict[str, object]:
    x, y, w, h = face.box
    return {
        "BoundingBox": {
            "Width": round(w / width, 6),
            "Height": round(h / height, 6),
            "Left": round(x / width, 6),
            "Top": round(y / height, 6),
        },
        "Emotions": [
            {"Type": names[label], "Confidence": round(100 * p, 4)}
            for label, p in ranked(face.probabilities)
        ],
    }


def _type(label: str) -> str:
    if label not in _TYPES:
        known = ", ".join(_TYPES)
        raise UsageError(f"label '{label}': Rekognition has no such type; it has {known}")
    return _TYPES[label]

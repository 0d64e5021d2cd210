"""The frozen data classes that pass between the stages. Arrays are checked where they are made."""

from __future__ import annotations

from mien.types.answer import Prediction
from mien.types.clips import Clip, Features
from mien.types.faces import FACE_POINTS, FaceChunk
from mien.types.media import Gamut, MediaChunk, MediaInfo, TrackInfo, Transfer
from mien.types.parts import (
    BranchSay,
    Held,
    KeyFrame,
    LivePerson,
    Person,
    Reason,
    Span,
    Speaker,
    Speech,
)
from mien.types.relative import Relative, RelativeBranch, RelativePerson

__all__ = [
    "FACE_POINTS",
    "BranchSay",
    "Clip",
    "FaceChunk",
    "Features",
    "Gamut",
    "Held",
    "KeyFrame",
    "LivePerson",
    "MediaChunk",
    "MediaInfo",
    "Person",
    "Prediction",
    "Reason",
    "Relative",
    "RelativeBranch",
    "RelativePerson",
    "Span",
    "Speaker",
    "Speech",
    "TrackInfo",
    "Transfer",
]

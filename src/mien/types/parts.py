"""The parts of an answer, each with its published form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mien.core.published import data_uri, readable, rounded
from mien.types.value import Value, cut, surest

__all__ = [
    "BranchSay",
    "Held",
    "KeyFrame",
    "LivePerson",
    "Person",
    "Reason",
    "Span",
    "Speaker",
    "Speech",
]

Floats = NDArray[np.float32]
Seconds = NDArray[np.float64]
Speaker = int | Literal["off screen"]
"""Number of a person, or somebody whose face is not in view."""


@dataclass(frozen=True)
class Reason:
    """Why an answer is missing or doubtful.

    Args:
        code: stable short name, for programs.
        message: one line for people.
        spans: ((start, end), ...) in s where it applies; empty where it is of the whole file.
    """

    code: str
    message: str
    spans: tuple[tuple[float, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """See `Prediction.to_dict`."""
        fields: dict[str, Any] = {"code": self.code, "message": readable(self.message)}
        if self.spans:
            fields["spans"] = [[round(float(t), 4) for t in span] for span in self.spans]
        return fields


@dataclass(frozen=True, eq=False, repr=False)
class BranchSay(Value):
    """What one branch (face or voice) says on its own.

    Args:
        present: whether the branch had anything to go by.
        reason: why not, where it is absent.
        weight: its share in the fused answer, 0..1; None where the fusion has no shares.
        probabilities: {label: p}, calibrated; None where absent.
        seconds: of the file that the branch could go by: with the face in view, or of speech; None
            where that is not known.
        spans: ((start, end), ...) in s, when that was, pauses of half a second left in; None where
            that is not known.
    """

    present: bool
    reason: str | None
    weight: float | None
    probabilities: Mapping[str, float] | None
    seconds: float | None = None
    spans: tuple[tuple[float, float], ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """See `Prediction.to_dict`."""
        spans = self.spans
        return {
            "present": self.present,
            "reason": self.reason,
            "weight": None if self.weight is None else round(float(self.weight), 6),
            "probabilities": rounded(self.probabilities),
            "seconds": None if self.seconds is None else round(float(self.seconds), 4),
            "spans": None if spans is None else [[round(t, 4) for t in span] for span in spans],
        }

    def _key(self) -> tuple[object, ...]:
        return self.present, self.reason

    def _words(self) -> str:
        if not self.present:
            return f"absent: {cut(self.reason or 'nothing to go by')}"
        share = "" if self.weight is None else f", weight {self.weight:.0%}"
        return surest(self.probabilities) + share


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Span(Value):
    """One window of the timeline.

    Args:
        start, end: seconds.
        label: the likeliest label; None where nothing was there to go by in its middle, which is
            what it stands for (`mien.features.windows.middles`).
        probabilities: {label: p} or None.
        branches: {branch: {label: p} or None}.
        person: number of whose face it goes by; None without a face, and in a person's own windows.
        speaker: number of who speaks in its middle, or "off screen" for somebody whose face is not
            in view; None where nobody speaks, where it is not known, and in a person's own windows.
    """

    start: float
    end: float
    label: str | None
    probabilities: Mapping[str, float] | None
    branches: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)
    person: int | None = None
    speaker: Speaker | None = None

    def to_dict(self) -> dict[str, Any]:
        """See `Prediction.to_dict`."""
        who = {"person": self.person, "speaker": self.speaker}
        return {
            "start": round(float(self.start), 4),
            "end": round(float(self.end), 4),
            "label": self.label,
            "probabilities": rounded(self.probabilities),
            "branches": {name: rounded(value) for name, value in self.branches.items()},
            **{name: value for name, value in who.items() if value is not None},
        }

    def _key(self) -> tuple[object, ...]:
        return round(float(self.start), 4), round(float(self.end), 4), self.label

    def _words(self) -> str:
        return f"{self.start:.1f}-{self.end:.1f} s: {surest(self.probabilities)}"


@dataclass(frozen=True, eq=False, repr=False)
class Speech(Value):
    """What one of the people in view says, and how it sounds.

    Args:
        seconds: of speech that goes with this person's mouth.
        spans: ((start, end), ...) in s, when that is, to half a second.
        probabilities: {label: p} from this person's voice; None of too little speech.
        fused: {label: p} from this person's face and own voice together; None as before.
    """

    seconds: float
    spans: tuple[tuple[float, float], ...]
    probabilities: Mapping[str, float] | None
    fused: Mapping[str, float] | None

    def to_dict(self) -> dict[str, Any]:
        """See `Prediction.to_dict`."""
        return {
            "seconds": round(float(self.seconds), 4),
            "spans": [[round(a, 4), round(b, 4)] for a, b in self.spans],
            "probabilities": rounded(self.probabilities),
            "fused": rounded(self.fused),
        }

    def _key(self) -> tuple[object, ...]:
        return round(float(self.seconds), 4), self.spans

    def _words(self) -> str:
        return f"speaks {self.seconds:.1f} s: {surest(self.probabilities)}"


@dataclass(frozen=True, eq=False, repr=False)
class Person(Value):
    """One person: the tracks of one face.

    Args:
        id: number within the file; 1 is the one whom most of the answer is by.
        start, end: seconds of the first and the last sight.
        probabilities: {label: p} from this person's face.
        timeline: windows of this person's face alone.
        times: (N,) seconds of `boxes`.
        boxes: (N,4) x0, y0, x1, y1 in pixels of the upright frame of reference, `Prediction.size`.
        thumbnail: a JPEG picture of the face.
        speech: what this person says; None where they say nothing, or where it is not known.
    """

    id: int
    start: float
    end: float
    probabilities: Mapping[str, float]
    timeline: tuple[Span, ...]
    times: Seconds
    boxes: Floats
    thumbnail: bytes
    speech: Speech | None = None

    def to_dict(self) -> dict[str, Any]:
        """See `Prediction.to_dict`."""
        fields = {
            "id": self.id,
            "start": round(float(self.start), 4),
            "end": round(float(self.end), 4),
            "probabilities": rounded(self.probabilities),
            "timeline": [span.to_dict() for span in self.timeline],
            "track": {
                "times": [round(t, 4) for t in self.times.tolist()],
                "boxes": [[round(v, 1) for v in box] for box in self.boxes.tolist()],
            },
            "thumbnail": data_uri(self.thumbnail) if self.thumbnail else None,
        }
        return fields if self.speech is None else fields | {"speech": self.speech.to_dict()}

    def _key(self) -> tuple[object, ...]:
        return self.id, round(float(self.start), 4), round(float(self.end), 4), len(self.times)

    def _words(self) -> str:
        when = f"{self.start:.1f}-{self.end:.1f} s, {len(self.times)} sights"
        return f"{self.id}: {surest(self.probabilities)}, {when}"


@dataclass(frozen=True, eq=False, repr=False)
class LivePerson(Value):
    """A face in the last picture of `mien.Live`, and what it shows.

    Args:
        id: number from 1, kept while the face is followed.
        box: (4,) x0, y0, x1, y1 in pixels of that picture, not smoothed, which would take the next.
        label: the likeliest label of this face alone; None where there is nothing to go by yet.
        probabilities: {label: p}; None as for `label`.
    """

    id: int
    box: Floats
    label: str | None
    probabilities: Mapping[str, float] | None

    def to_dict(self) -> dict[str, Any]:
        """In plain JSON types, as the service gives it."""
        return {
            "id": self.id,
            "box": [round(v, 1) for v in self.box.tolist()],
            "label": self.label,
            "probabilities": rounded(self.probabilities),
        }

    def _key(self) -> tuple[object, ...]:
        return self.id, self.label

    def _words(self) -> str:
        return f"{self.id}: {surest(self.probabilities)}"


@dataclass(frozen=True)
class Held:
    """How much of an answer is by one person.

    Args:
        person: number, as `Person.id`.
        seconds: that the answer goes by this person's face.
    """

    person: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """See `Prediction.to_dict`."""
        return {"person": self.person, "seconds": round(float(self.seconds), 4)}


@dataclass(frozen=True)
class KeyFrame:
    """A small picture of the whole frame.

    Args:
        time: seconds.
        jpeg: the picture.
        scale: pixels of the original for one pixel of the picture.
    """

    time: float
    jpeg: bytes = field(repr=False)
    scale: float

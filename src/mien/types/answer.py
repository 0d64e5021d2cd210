"""The answer for one file, with its published form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from mien.core.published import readable, rounded
from mien.types.parts import BranchSay, Held, KeyFrame, Person, Reason, Span
from mien.types.relative import Relative
from mien.types.value import Value, cut, surest

__all__ = ["Prediction"]


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Value):
    """The answer for one file. `to_dict` is the published form, schema version 1.

    A value: two answers are equal if what is published of them is, key frames left aside. A
    notebook shows label, bars and timeline.

    Args:
        source: path, sha256, duration in s, complete (whether all of the file could be read), read
            (which tracks and channels; not in answers of earlier versions), and of a relative path
            the folder that it starts from.
        model: name and sha256 of the bundle.
        label: the likeliest label; None where neither face nor voice was there.
        probabilities: {label: p}, calibrated and summing to 1; None as for `label`.
        confidence: probability of `label`; None as for `label`.
        reliable: whether the answer is one to rely on; `reasons` say why not.
        reasons: what was missing or doubtful.
        branches: {branch: its own say}; "face" and "voice" in the default bundle.
        timeline: windows over the whole file.
        people: everybody whose face was followed; those first whom most of the answer is by.
        size: width and height in pixels of the frame of reference of all boxes: the first picture,
            upright; pictures of another size are fitted into it, in the middle.
        labels: the label set, in the order of every `probabilities`.
        key_frames: a few small pictures spread over the file, for reports; not in `to_dict`.
        relative: the same compared with how these people usually look and sound; None where no
            baseline was asked for. Nothing of it goes into the other fields.
        by: how long the answer goes by whose face.
    """

    source: Mapping[str, Any]
    model: Mapping[str, str]
    label: str | None
    probabilities: Mapping[str, float] | None
    confidence: float | None
    reliable: bool
    reasons: tuple[Reason, ...]
    branches: Mapping[str, BranchSay]
    timeline: tuple[Span, ...]
    people: tuple[Person, ...]
    size: tuple[int, int]
    labels: tuple[str, ...]
    key_frames: tuple[KeyFrame, ...] = ()
    relative: Relative | None = None
    by: tuple[Held, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer in plain JSON types, as the schema has it.

        Probabilities are rounded to 6 digits, times to 4 and boxes to 1. Key frames are left out.
        """
        fields: dict[str, Any] = {
            "schema": 1,
            "source": _source(self.source),
            "model": {"name": self.model["name"], "sha256": self.model["sha256"]},
            "label": self.label,
            "probabilities": rounded(self.probabilities),
            "confidence": None if self.confidence is None else round(float(self.confidence), 6),
            "reliable": self.reliable,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "branches": {name: say.to_dict() for name, say in self.branches.items()},
            "timeline": [span.to_dict() for span in self.timeline],
            "people": [person.to_dict() for person in self.people],
            "size": [int(side) for side in self.size],
            "by": [held.to_dict() for held in self.by],
        }
        return fields if self.relative is None else fields | {"relative": self.relative.to_dict()}

    def _key(self) -> tuple[object, ...]:
        return self.source["sha256"], self.model["sha256"], self.label, len(self.people)

    def _words(self) -> str:
        path = str(self.source["path"])
        number = len(self.people)
        people = "1 person" if number == 1 else f"{number} people"
        return (
            f"{cut(PurePath(path).name or path)}: {surest(self.probabilities)}, "
            f"{'reliable' if self.reliable else 'uncertain'}, "
            f"{self.source['duration']:.1f} s, {people}"
        )

    def _repr_html_(self) -> str:
        """The answer in a notebook."""
        from mien.output.report.notebook import fragment

        return fragment(self)


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    fields = {
        "path": readable(str(source["path"])),
        "sha256": source["sha256"],
        "duration": round(float(source["duration"]), 4),
        "complete": bool(source["complete"]),
    }
    if read := source.get("read"):
        fields["read"] = dict(read)
    if folder := source.get("folder"):
        fields["folder"] = readable(str(folder))
    return fields

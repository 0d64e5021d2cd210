"""What is said of each line, as Python has it and as it is published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from mien.core.checked import MisfitError, checked
from mien.core.published import readable, rounded
from mien.errors import UsageError
from mien.types import Reason

if TYPE_CHECKING:
    from mien.types import Prediction

__all__ = [
    "Line",
    "Lines",
    "LinesModel",
    "Speaker",
    "lines_from_dict",
    "lines_schema",
    "lines_schema_parts",
]

Probability = Annotated[float, Meta(ge=0, le=1)]
Probabilities = dict[str, Probability]
Time = Annotated[float, Meta(ge=-1e9, le=1e9, description="seconds from the start of the clip")]
PersonId = Annotated[int, Meta(ge=1, description="as in `people` of the clip's answer")]


@dataclass(frozen=True)
class Line:
    """One line of a transcript and what it shows.

    Args:
        number: place in the order of time, from 1.
        start, end: seconds, as the transcript has them.
        text: what is said.
        speaker: the name in the transcript; "" where it has none.
        person: id of the person whose face went into the answer; None where none did.
        label: the likeliest label; None where nothing was there to go by.
        probabilities: {label: p}, of the face and the voice within the line; None as for `label`.
        confidence: probability of `label`; None as for `label`.
        reliable: whether it is one to rely on; `reasons` say why not.
        reasons: what was missing or doubtful.
        branches: {branch: {label: p} or None}, each on its own.
        relative: {label: p}, compared with how the person usually is; None where no baseline was
            asked for, or nothing could be compared. It goes into nothing else.
    """

    number: int
    start: float
    end: float
    text: str
    speaker: str = ""
    person: int | None = None
    label: str | None = None
    probabilities: Mapping[str, float] | None = None
    confidence: float | None = None
    reliable: bool = False
    reasons: tuple[Reason, ...] = ()
    branches: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)
    relative: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Speaker:
    """A name of the transcript.

    Args:
        name: as the transcript has it.
        people: ids of those who are taken for this speaker; empty where nobody could be told.
        lines: how many are this speaker's.
        seconds: of these lines.
        in_view: the share of these seconds with one of `people` in view.
    """

    name: str
    people: tuple[int, ...]
    lines: int
    seconds: float
    in_view: float


@dataclass(frozen=True)
class Lines:
    """An answer for each line of a transcript; `to_dict` is the published form, version 1.

    Args:
        source: the clip, as in `Prediction.source`.
        model: name and sha256 of the bundle.
        transcript: name of the file that the lines are from.
        labels: the label set, in the order of every `probabilities`.
        lines: in the order of their starts.
        speakers: the names, in the order of their first lines.
        reasons: what was odd about the transcript.
        prediction: the answer for the clip as a whole, from the same analysis; not in `to_dict`.
    """

    source: Mapping[str, Any]
    model: Mapping[str, str]
    transcript: str
    labels: tuple[str, ...]
    lines: tuple[Line, ...]
    speakers: tuple[Speaker, ...] = ()
    reasons: tuple[Reason, ...] = ()
    prediction: Prediction | None = field(default=None, compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The same in plain JSON types, as `lines_schema` describes it."""
        return {
            "schema": 1,
            "kind": "lines",
            "source": _source(self.source),
            "model": {"name": self.model["name"], "sha256": self.model["sha256"]},
            "transcript": readable(self.transcript),
            "labels": list(self.labels),
            "lines": [_line(line) for line in self.lines],
            "speakers": [_speaker(speaker) for speaker in self.speakers],
            "reasons": [_reason(reason) for reason in self.reasons],
        }


class LineReasonModel(Struct, forbid_unknown_fields=True):
    """Why a line is doubtful; `code` is stable, `message` is for people."""

    code: str
    message: str
    spans: list[tuple[Time, Time]] = []


class LineModel(Struct, forbid_unknown_fields=True):
    """One line; null where there was nothing to go by."""

    number: Annotated[int, Meta(ge=1)]
    start: Time
    end: Time
    text: str
    speaker: str
    person: PersonId | None
    label: str | None
    probabilities: Probabilities | None
    confidence: Probability | None
    reliable: bool
    reasons: list[LineReasonModel]
    branches: dict[str, Probabilities | None]
    relative: Annotated[
        Probabilities | None,
        Meta(description="compared with how the person usually is; left out without a baseline"),
    ] = None


class SpeakerModel(Struct, forbid_unknown_fields=True):
    """A name of the transcript, and who is taken for it."""

    name: str
    people: list[PersonId]
    lines: Annotated[int, Meta(ge=0)]
    seconds: Annotated[float, Meta(ge=0, le=1e9)]
    in_view: Probability


class LinesModel(Struct, forbid_unknown_fields=True):
    """The answer of mien for each line of a transcript."""

    schema: Annotated[Literal[1], Meta(description="version of this form")]
    kind: Literal["lines"]
    source: dict[str, Any]
    model: dict[str, str]
    transcript: str
    labels: list[str]
    lines: list[LineModel]
    speakers: list[SpeakerModel]
    reasons: list[LineReasonModel]


def lines_schema_parts(root: str) -> dict[str, Any]:
    """{name: JSON Schema} of lines, "LinesModel", and of what they are made of.

    Args:
        root: where they are going to be, for references: "#/$defs".
    """
    _, parts = msgspec.json.schema_components([LinesModel], ref_template=f"{root}/{{name}}")
    return parts


def lines_schema() -> str:
    """JSON Schema (draft 2020-12) of `Lines.to_dict()`, as text."""
    parts = lines_schema_parts("#/$defs")
    whole = parts.pop(LinesModel.__name__)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mien:lines:1",
        "$defs": parts,
    }
    return json.dumps(head | whole, indent=1)


def lines_from_dict(answer: Mapping[str, Any]) -> Lines:
    """Read an answer back, for example one that `mien lines --json` has written.

    Raises:
        UsageError: it is not such an answer; names the first place that is wrong.
    """
    try:
        m = checked(answer, LinesModel)
    except MisfitError as error:
        where = error.where or "top level"
        raise UsageError(f"not the lines of mien, version 1: {where}: {error.what}") from None
    return Lines(
        source=m.source,
        model=m.model,
        transcript=m.transcript,
        labels=tuple(m.labels),
        lines=tuple(_to_line(line) for line in m.lines),
        speakers=tuple(
            Speaker(
                speaker.name, tuple(speaker.people), speaker.lines, speaker.seconds, speaker.in_view
            )
            for speaker in m.speakers
        ),
        reasons=_to_reasons(m.reasons),
    )


def _to_line(m: LineModel) -> Line:
    fields = {name: getattr(m, name) for name in LineModel.__struct_fields__}
    return Line(**{**fields, "reasons": _to_reasons(m.reasons)})


def _to_reasons(reasons: list[LineReasonModel]) -> tuple[Reason, ...]:
    return tuple(Reason(r.code, r.message, tuple(r.spans)) for r in reasons)


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    return {k: readable(v) if isinstance(v, str) else v for k, v in source.items() if v is not None}


def _line(line: Line) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "number": line.number,
        "start": round(float(line.start), 4),
        "end": round(float(line.end), 4),
        "text": readable(line.text),
        "speaker": readable(line.speaker),
        "person": line.person,
        "label": line.label,
        "probabilities": rounded(line.probabilities),
        "confidence": None if line.confidence is None else round(float(line.confidence), 6),
        "reliable": line.reliable,
        "reasons": [_reason(reason) for reason in line.reasons],
        "branches": {name: rounded(value) for name, value in line.branches.items()},
    }
    return fields if line.relative is None else fields | {"relative": rounded(line.relative)}


def _speaker(speaker: Speaker) -> dict[str, Any]:
    return {
        "name": readable(speaker.name),
        "people": list(speaker.people),
        "lines": speaker.lines,
        "seconds": round(speaker.seconds, 4),
        "in_view": round(speaker.in_view, 4),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    fields: dict[str, Any] = {"code": reason.code, "message": readable(reason.message)}
    if reason.spans:
        fields["spans"] = [[round(float(t), 4) for t in span] for span in reason.spans]
    return fields

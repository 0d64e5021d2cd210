"""The published form of an answer, schema version 1: writing, reading, and its JSON Schema.

The schema of record is `schema/prediction-1.json`; a test checks that it is what the models here
give. Nothing in an answer is NaN or infinite, and what was not there is null.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct

from mien.core.checked import MisfitError, checked
from mien.core.published import readable, rounded
from mien.errors import UsageError
from mien.labels import EMOTIONS
from mien.output.relative_json import RelativeModel, relative_to_dict, to_relative
from mien.types import BranchSay, Held, LivePerson, Person, Prediction, Reason, Span

__all__ = [
    "PredictionModel",
    "answer_text",
    "data_uri",
    "json_schema",
    "prediction_from_dict",
    "prediction_to_dict",
    "schema_parts",
    "span_to_dict",
    "to_dict",
]

_JPEG = "data:image/jpeg;base64,"
_FAR = 1e9  # s or px; no clip and no picture is as large


Probability = Annotated[float, Meta(ge=0, le=1)]
Probabilities = dict[str, Probability]
Time = Annotated[float, Meta(ge=0, le=_FAR, description="seconds from the start of the file")]
Coordinate = Annotated[float, Meta(ge=-_FAR, le=_FAR)]
Box = Annotated[list[Coordinate], Meta(min_length=4, max_length=4)]
Side = Annotated[int, Meta(ge=0, le=int(_FAR))]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]  # $ lets a last \n through


class ReadModel(Struct, forbid_unknown_fields=True):
    """Which of the tracks and channels of the file were read; null where it has none."""

    video_track: Annotated[int, Meta(ge=1, description="counted from 1")] | None
    audio_track: Annotated[int, Meta(ge=1, description="counted from 1")] | None
    channel: Annotated[
        str | None, Meta(description="mix for all of them, left, right, or a number from 1")
    ]


class SourceModel(Struct, forbid_unknown_fields=True):
    """The file."""

    path: str
    sha256: Digest
    duration: Annotated[float, Meta(ge=0, le=_FAR, description="seconds covered")]
    complete: Annotated[bool, Meta(description="whether all of the file could be read")]
    read: Annotated[
        ReadModel | None, Meta(description="not in answers that mien gave before it had it")
    ] = None
    folder: Annotated[
        str | None,
        Meta(description="that `path` starts from; null or left out: it is absolute, or unknown"),
    ] = None


class BundleModel(Struct, forbid_unknown_fields=True):
    """The model that gave the answer."""

    name: str
    sha256: Digest


class ReasonModel(Struct, forbid_unknown_fields=True):
    """Why an answer is missing or doubtful; `code` is stable, `message` is for people."""

    code: str
    message: str
    spans: Annotated[
        list[tuple[Time, Time]],
        Meta(
            description="start and end of the stretches, in s; left out if it is of the whole file"
        ),
    ] = []


class BranchModel(Struct, forbid_unknown_fields=True):
    """What one branch (face and voice in the default model) says on its own."""

    present: bool
    reason: Annotated[str | None, Meta(description="why it is absent")]
    weight: Annotated[
        Probability | None,
        Meta(description="its share in the fused answer; null where the fusion has no shares"),
    ]
    probabilities: Probabilities | None
    seconds: Annotated[
        Annotated[float, Meta(ge=0, le=_FAR)] | None,
        Meta(description="with the face in view, or of speech; null or left out: not known"),
    ] = None
    spans: Annotated[
        list[tuple[Time, Time]] | None,
        Meta(description="start and end in s of when that was; null or left out: not known"),
    ] = None


class SpanModel(Struct, forbid_unknown_fields=True):
    """One window of a timeline; null where there was nothing to go by."""

    start: Time
    end: Time
    label: str | None
    probabilities: Probabilities | None
    branches: dict[str, Probabilities | None]
    person: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="whose face it goes by; left out: nobody's, or a window of one person"),
    ] = None


class HeldModel(Struct, forbid_unknown_fields=True):
    """How much of the answer is by one person."""

    person: Annotated[int, Meta(ge=1, description="its id in people")]
    seconds: Annotated[float, Meta(ge=0, le=_FAR, description="that the answer goes by this face")]


class TrackModel(Struct, forbid_unknown_fields=True):
    """Where a face was: a box for each time."""

    times: list[Time]
    boxes: Annotated[
        list[Box],
        Meta(description="x0, y0, x1, y1 in pixels of the frame of reference, which has `size`"),
    ]

    def __post_init__(self) -> None:
        if len(self.times) != len(self.boxes):
            raise ValueError(f"{len(self.times)} times but {len(self.boxes)} boxes")


class PersonModel(Struct, forbid_unknown_fields=True):
    """Everybody whose face was followed; those first whom most of the answer is by."""

    id: Annotated[int, Meta(ge=1)]
    start: Time
    end: Time
    probabilities: Probabilities
    timeline: list[SpanModel]
    track: TrackModel
    thumbnail: Annotated[
        Annotated[str, Meta(pattern=f"^{_JPEG}[A-Za-z0-9+/]*=*$")] | None,
        Meta(description="data: URI of a JPEG picture"),
    ]


class PredictionModel(Struct, forbid_unknown_fields=True):
    """The answer of mien for one file."""

    schema: Annotated[Literal[1], Meta(description="version of this form")]
    source: SourceModel
    model: BundleModel
    label: Annotated[
        str | None, Meta(description="the likeliest label; null without face and voice")
    ]
    probabilities: Annotated[Probabilities | None, Meta(description="calibrated; they sum to 1")]
    confidence: Annotated[Probability | None, Meta(description="probability of the label")]
    reliable: Annotated[bool, Meta(description="false is how mien says that it is uncertain")]
    reasons: list[ReasonModel]
    branches: dict[str, BranchModel]
    timeline: list[SpanModel]
    people: list[PersonModel]
    size: Annotated[
        tuple[Side, Side],
        Meta(
            description="width and height in pixels of the frame of reference of all boxes; 0, 0 "
            "without picture. It is the first picture, upright. A picture of another size, or that "
            "was turned, is thought to be fitted into it, in the middle and with its own shape"
        ),
    ]
    by: Annotated[
        list[HeldModel],
        Meta(description="whose faces the answer goes by; not in answers before mien had it"),
    ] = []

    relative: Annotated[
        RelativeModel | None,
        Meta(description="compared with a baseline; left out where none was asked for"),
    ] = None

    def __post_init__(self) -> None:
        if self.people and not all(self.size):
            raise ValueError("there are people, but the size of the picture is 0")


def schema_parts(place: str) -> dict[str, Any]:
    """{name: JSON Schema} of an answer, "PredictionModel", and of what it is made of.

    Args:
        place: where they are going to be, for references: "#/$defs".
    """
    _, parts = msgspec.json.schema_components([PredictionModel], ref_template=f"{place}/{{name}}")
    return parts


def json_schema() -> str:
    """JSON Schema (draft 2020-12) of `Prediction.to_dict()`, as text."""
    parts = schema_parts("#/$defs")
    whole = parts.pop(PredictionModel.__name__)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mien:prediction:1",
        "$defs": parts,
    }
    return json.dumps(head | whole, indent=1)


def prediction_to_dict(p: Prediction) -> dict[str, Any]:
    """The answer in plain JSON types, as the schema has it.

    Probabilities are rounded to 6 digits, times to 4 and boxes to 1. Key frames are left out.
    """
    fields = {
        "schema": 1,
        "source": _source(p.source),
        "model": {"name": p.model["name"], "sha256": p.model["sha256"]},
        "label": p.label,
        "probabilities": rounded(p.probabilities),
        "confidence": None if p.confidence is None else round(float(p.confidence), 6),
        "reliable": p.reliable,
        "reasons": [_reason(reason) for reason in p.reasons],
        "branches": {name: _branch(say) for name, say in p.branches.items()},
        "timeline": [span_to_dict(span) for span in p.timeline],
        "people": [_person(person) for person in p.people],
        "size": [int(side) for side in p.size],
        "by": [{"person": one.person, "seconds": round(float(one.seconds), 4)} for one in p.by],
    }
    if p.relative is not None:
        fields["relative"] = relative_to_dict(p.relative)
    return fields


def to_dict(part: object) -> dict[str, Any]:
    """A `Prediction`, `Person`, `LivePerson`, `Span` or `BranchSay` in plain JSON types."""
    for kind, written in _WRITTEN.items():
        if isinstance(part, kind):
            return written(part)
    raise TypeError(f"{type(part).__name__}: is no part of an answer")


def answer_text(p: Prediction, *, ascii_only: bool = False) -> Iterator[str]:
    """The answer as JSON text in pieces, the same as `json.dumps(p.to_dict())`.

    A long timeline is never there a second time, as dicts or as one string.

    Args:
        p: the answer.
        ascii_only: write all other characters as escapes.
    """
    fields = prediction_to_dict(replace(p, timeline=(), people=()))
    lists = {"timeline": map(_spelt, p.timeline), "people": map(_person_text, p.people)}
    pieces = _object(fields, lists)
    return map(_escaped, pieces) if ascii_only else pieces


def _escaped(text: str) -> str:
    """JSON text in ASCII; all of its characters beyond that are within strings."""
    return re.sub(r"[^\x00-\x7f]+", lambda found: json.dumps(found[0])[1:-1], text)


def _person_text(person: Person) -> Iterator[str]:
    fields = _person(replace(person, timeline=()))
    return _object(fields, {"timeline": map(_spelt, person.timeline)})


def _spelt(span: Span) -> Iterator[str]:
    yield json.dumps(span_to_dict(span), ensure_ascii=False, allow_nan=False)


def _object(
    fields: Mapping[str, Any], lists: Mapping[str, Iterator[Iterator[str]]]
) -> Iterator[str]:
    """A JSON object; the fields named in `lists` are written item by item."""
    for k, (name, value) in enumerate(fields.items()):
        yield f'{", " if k else "{"}"{name}": '
        if name not in lists:
            yield json.dumps(value, ensure_ascii=False, allow_nan=False)
            continue
        yield "["
        for number, item in enumerate(lists[name]):
            yield ", " if number else ""
            yield from item
        yield "]"
    yield "}"


def prediction_from_dict(answer: Mapping[str, Any]) -> Prediction:
    """Read an answer back, for example one that `mien predict --json` has written.

    Args:
        answer: as from `json.loads`.

    Raises:
        UsageError: it is not an answer of schema version 1; names the first place that is wrong.
    """
    try:
        m = checked(answer, PredictionModel)
        people = tuple(_to_person(person) for person in m.people)
        labels = _labels(m)
    except MisfitError as error:
        place = error.where or "top level"
        raise UsageError(
            f"not an answer of mien, schema version 1: {place}: {error.what}; see 'mien schema'"
        ) from None
    except binascii.Error as error:
        raise UsageError(f"people.thumbnail: not base64 ({error}); write the answer anew") from None
    return Prediction(
        source=_to_source(m.source),
        model=msgspec.structs.asdict(m.model),
        label=m.label,
        probabilities=m.probabilities or None,
        confidence=m.confidence,
        reliable=m.reliable,
        reasons=tuple(Reason(r.code, r.message, tuple(r.spans)) for r in m.reasons),
        branches={name: _to_say(one) for name, one in m.branches.items()},
        timeline=tuple(_to_span(span) for span in m.timeline),
        people=people,
        size=m.size,
        labels=labels,
        relative=None if m.relative is None else to_relative(m.relative),
        by=tuple(Held(one.person, one.seconds) for one in m.by),
    )


def _labels(m: PredictionModel) -> tuple[str, ...]:
    """The names in the probabilities; an answer that has none is taken to be one of the seven."""
    spans = chain(m.timeline, *(person.timeline for person in m.people))
    every = chain(
        [m.probabilities],
        (say.probabilities for say in m.branches.values()),
        (person.probabilities for person in m.people),
        chain.from_iterable((span.probabilities, *span.branches.values()) for span in spans),
    )
    found = {frozenset(values): tuple(values) for values in every if values}
    if len(found) > 1:
        a, b = list(found.values())[:2]
        name = next(iter(set(a) ^ set(b)))
        raise UsageError(f"probabilities: '{name}' is in some of them only; write the answer anew")
    return next(iter(found.values()), EMOTIONS.names)


def data_uri(jpeg: bytes) -> str:
    """A JPEG picture as text for JSON and HTML."""
    return _JPEG + base64.b64encode(jpeg).decode()


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


def _reason(reason: Reason) -> dict[str, Any]:
    fields: dict[str, Any] = {"code": reason.code, "message": readable(reason.message)}
    if reason.spans:
        fields["spans"] = [[round(float(t), 4) for t in span] for span in reason.spans]
    return fields


def _branch(say: BranchSay) -> dict[str, Any]:
    return {
        "present": say.present,
        "reason": say.reason,
        "weight": None if say.weight is None else round(float(say.weight), 6),
        "probabilities": rounded(say.probabilities),
        "seconds": None if say.seconds is None else round(float(say.seconds), 4),
        "spans": None if say.spans is None else [[round(t, 4) for t in one] for one in say.spans],
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "start": round(float(person.start), 4),
        "end": round(float(person.end), 4),
        "probabilities": rounded(person.probabilities),
        "timeline": [span_to_dict(span) for span in person.timeline],
        "track": {
            "times": [round(t, 4) for t in person.times.tolist()],
            "boxes": [[round(v, 1) for v in box] for box in person.boxes.tolist()],
        },
        "thumbnail": data_uri(person.thumbnail) if person.thumbnail else None,
    }


def _live_person(person: LivePerson) -> dict[str, Any]:
    return {
        "id": person.id,
        "box": [round(v, 1) for v in person.box.tolist()],
        "label": person.label,
        "probabilities": rounded(person.probabilities),
    }


def span_to_dict(span: Span) -> dict[str, Any]:
    """One window as it stands in a timeline."""
    fields: dict[str, Any] = {
        "start": round(float(span.start), 4),
        "end": round(float(span.end), 4),
        "label": span.label,
        "probabilities": rounded(span.probabilities),
        "branches": {name: rounded(value) for name, value in span.branches.items()},
    }
    return fields if span.person is None else fields | {"person": span.person}


def _to_source(m: SourceModel) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(m)
    return {name: value for name, value in fields.items() if value is not None}


def _to_say(m: BranchModel) -> BranchSay:
    spans = None if m.spans is None else tuple(m.spans)
    return BranchSay(m.present, m.reason, m.weight, m.probabilities or None, m.seconds, spans)


def _to_span(m: SpanModel) -> Span:
    branches = {name: values or None for name, values in m.branches.items()}
    return Span(m.start, m.end, m.label, m.probabilities or None, branches, m.person)


def _to_person(m: PersonModel) -> Person:
    jpeg = (m.thumbnail or "").removeprefix(_JPEG)
    return Person(
        id=m.id,
        start=m.start,
        end=m.end,
        probabilities=m.probabilities,
        timeline=tuple(_to_span(span) for span in m.timeline),
        times=np.array(m.track.times, np.float64),
        boxes=np.array(m.track.boxes, np.float32).reshape(-1, 4),
        thumbnail=base64.b64decode(jpeg, validate=True),
    )


_WRITTEN: dict[type, Callable[[Any], dict[str, Any]]] = {
    Prediction: prediction_to_dict,
    Person: _person,
    LivePerson: _live_person,
    Span: span_to_dict,
    BranchSay: _branch,
}

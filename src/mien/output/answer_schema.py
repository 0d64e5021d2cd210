"""The published form of an answer, schema version 1, and its JSON Schema.

The schema of record is `schema/prediction-1.json`; a test checks that it is what the models here
give. Nothing in an answer is NaN or infinite, and what was not there is null.
"""

from __future__ import annotations

import json
from inspect import cleandoc
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from mien.core.published import JPEG
from mien.output.relative_schema import RelativeModel

__all__ = [
    "BranchModel",
    "PersonModel",
    "PredictionModel",
    "SourceModel",
    "SpanModel",
    "json_schema",
    "schema_parts",
]

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
    speaker: Annotated[
        Annotated[int, Meta(ge=1)] | Literal["off screen"] | None,
        Meta(description="who speaks; left out: nobody, not known, or a window of one person"),
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


class SpeechModel(Struct, forbid_unknown_fields=True):
    """What one of the people in view says; null where it is too little."""

    seconds: Annotated[float, Meta(ge=0, le=_FAR, description="of speech with this mouth")]
    spans: Annotated[list[tuple[Time, Time]], Meta(description="start and end in s of when")]
    probabilities: Annotated[Probabilities | None, Meta(description="from the voice alone")]
    fused: Annotated[Probabilities | None, Meta(description="from the face and the own voice")]


class PersonModel(Struct, forbid_unknown_fields=True):
    """Everybody whose face was followed; those first whom most of the answer is by."""

    id: Annotated[int, Meta(ge=1)]
    start: Time
    end: Time
    probabilities: Probabilities
    timeline: list[SpanModel]
    track: TrackModel
    thumbnail: Annotated[
        Annotated[str, Meta(pattern=f"^{JPEG}[A-Za-z0-9+/]*=*$")] | None,
        Meta(description="data: URI of a JPEG picture"),
    ]
    speech: Annotated[
        SpeechModel | None,
        Meta(description="what they say; left out: nothing, or it is not known"),
    ] = None


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
    for part in parts.values():
        part["description"] = cleandoc(part["description"])  # Python before 3.13 leaves indents
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

"""The published form of an answer, schema version 1, and its JSON Schema."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mien.types import Prediction, Span

__all__ = ["PredictionModel", "json_schema", "prediction_to_dict"]

Probabilities = dict[str, float]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class SourceModel(_Model):
    """The file."""

    path: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    duration: float = Field(ge=0, description="seconds covered")
    complete: bool = Field(description="whether all of the file could be read")


class BundleModel(_Model):
    """The model that gave the answer."""

    name: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class ReasonModel(_Model):
    """Why an answer is missing or doubtful."""

    code: str
    message: str


class BranchModel(_Model):
    """What face or voice says on its own."""

    present: bool
    reason: str | None
    weight: float = Field(ge=0, le=1)
    probabilities: Probabilities | None


class SpanModel(_Model):
    """One window of a timeline; null where there was nothing to go by."""

    start: float
    end: float
    label: str | None
    probabilities: Probabilities | None
    branches: dict[str, Probabilities | None]


class TrackModel(_Model):
    """Where a face was."""

    times: list[float] = Field(description="seconds")
    boxes: list[list[float]] = Field(description="x0, y0, x1, y1 in pixels of the upright frame")


class PersonModel(_Model):
    """One tracked face; the main person comes first."""

    id: int
    start: float
    end: float
    probabilities: Probabilities
    timeline: list[SpanModel]
    track: TrackModel
    thumbnail: str | None = Field(description="data: URI of a JPEG picture")


class PredictionModel(_Model):
    """The answer of mien for one file."""

    schema_: int = Field(1, alias="schema", ge=1, le=1)
    source: SourceModel
    model: BundleModel
    label: str | None
    probabilities: Probabilities | None
    confidence: float | None
    reliable: bool
    reasons: list[ReasonModel]
    branches: dict[str, BranchModel]
    timeline: list[SpanModel]
    people: list[PersonModel]


def json_schema() -> str:
    """JSON Schema (draft 2020-12) of `Prediction.to_dict()`."""
    return json.dumps(PredictionModel.model_json_schema(by_alias=True), indent=1)


def prediction_to_dict(p: Prediction) -> dict[str, Any]:
    """The answer in plain JSON types; probabilities to six digits, pixels to one."""
    return {
        "schema": 1,
        "source": dict(p.source),
        "model": dict(p.model),
        "label": p.label,
        "probabilities": _rounded(p.probabilities),
        "confidence": None if p.confidence is None else round(p.confidence, 6),
        "reliable": p.reliable,
        "reasons": [{"code": r.code, "message": r.message} for r in p.reasons],
        "branches": {
            name: {
                "present": say.present,
                "reason": say.reason,
                "weight": round(say.weight, 6),
                "probabilities": _rounded(say.probabilities),
            }
            for name, say in p.branches.items()
        },
        "timeline": [_span(span) for span in p.timeline],
        "people": [
            {
                "id": person.id,
                "start": round(person.start, 4),
                "end": round(person.end, 4),
                "probabilities": _rounded(person.probabilities),
                "timeline": [_span(span) for span in person.timeline],
                "track": {
                    "times": [round(float(t), 4) for t in person.times],
                    "boxes": [[round(float(v), 1) for v in box] for box in person.boxes],
                },
                "thumbnail": data_uri(person.thumbnail) if person.thumbnail else None,
            }
            for person in p.people
        ],
    }


def data_uri(jpeg: bytes) -> str:
    """A JPEG picture as text for JSON and HTML."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def _span(span: Span) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "probabilities": _rounded(span.probabilities),
        "branches": {name: _rounded(value) for name, value in span.branches.items()},
    }


def _rounded(values: Mapping[str, float] | None) -> dict[str, float] | None:
    return None if values is None else {name: round(p, 6) for name, p in values.items()}

"""The published form of `Relative`: writing, reading, and what the schema of answers is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from mien.core.published import rounded
from mien.output.relative import Relative, RelativeBranch, RelativePerson
from mien.types import Reason, Span

__all__ = [
    "RelativeBranchModel",
    "RelativeModel",
    "branches_to_dict",
    "relative_to_dict",
    "to_branches",
    "to_relative",
]

Probability = Annotated[float, Meta(ge=0, le=1)]
Probabilities = dict[str, Probability]
Time = Annotated[float, Meta(ge=0, le=1e9)]
Id = Annotated[int, Meta(ge=1)]


class RelativeReasonModel(Struct, forbid_unknown_fields=True):
    """Why somebody or something could not be compared."""

    code: str
    message: str


class RelativeBranchModel(Struct, forbid_unknown_fields=True):
    """What a branch was corrected by."""

    seconds: Annotated[float, Meta(ge=0, le=1e9, description="that the baseline rests on")]
    share: Annotated[Probability, Meta(description="of the correction that was made")]
    shift: Annotated[
        dict[str, Annotated[float, Meta(ge=-100, le=100)]],
        Meta(description="by how much the log-probability of each label was lowered"),
    ]


class RelativePersonModel(Struct, forbid_unknown_fields=True):
    """One person compared with their usual self."""

    id: Id
    probabilities: Probabilities
    branches: dict[str, RelativeBranchModel]


class RelativeSpanModel(Struct, forbid_unknown_fields=True):
    """One window, compared; null where there was nothing to go by."""

    start: Time
    end: Time
    label: str | None
    probabilities: Probabilities | None


class RelativeModel(Struct, forbid_unknown_fields=True):
    """The answer compared with how the same people usually look and sound.

    These are not the probabilities of what is shown: they say what is shown more than usually.
    """

    baseline: Annotated[str, Meta(description="auto, a stretch, or the name of a file")]
    label: str | None
    probabilities: Probabilities | None
    timeline: list[RelativeSpanModel]
    people: list[RelativePersonModel]
    branches: dict[str, RelativeBranchModel]
    reasons: list[RelativeReasonModel]


def relative_to_dict(relative: Relative) -> dict[str, Any]:
    """In plain JSON types; probabilities have 6 digits, as in the answer."""
    return {
        "baseline": relative.baseline.encode("utf-8", "replace").decode(),
        "label": relative.label,
        "probabilities": rounded(relative.probabilities),
        "timeline": [_span(window) for window in relative.timeline],
        "people": [
            {
                "id": person.id,
                "probabilities": rounded(person.probabilities),
                "branches": branches_to_dict(person.branches),
            }
            for person in relative.people
        ],
        "branches": branches_to_dict(relative.branches),
        "reasons": [{"code": r.code, "message": r.message} for r in relative.reasons],
    }


def _span(window: Span) -> dict[str, Any]:
    return {
        "start": round(float(window.start), 4),
        "end": round(float(window.end), 4),
        "label": window.label,
        "probabilities": rounded(window.probabilities),
    }


def branches_to_dict(corrections: Mapping[str, RelativeBranch], digits: int = 3) -> dict[str, Any]:
    """{branch: what it was corrected by} in plain JSON types; seconds with so many digits."""
    return {
        name: {
            "seconds": round(correction.seconds, digits),
            "share": round(correction.share, 4),
            "shift": {label: round(value, 4) for label, value in correction.shift.items()},
        }
        for name, correction in corrections.items()
    }


def to_relative(m: RelativeModel) -> Relative:
    """Back again."""
    windows = (Span(w.start, w.end, w.label, w.probabilities or None) for w in m.timeline)
    return Relative(
        baseline=m.baseline,
        label=m.label,
        probabilities=m.probabilities or None,
        timeline=tuple(windows),
        people=tuple(
            RelativePerson(person.id, person.probabilities, to_branches(person.branches))
            for person in m.people
        ),
        branches=to_branches(m.branches),
        reasons=tuple(Reason(r.code, r.message) for r in m.reasons),
    )


def to_branches(models: Mapping[str, RelativeBranchModel]) -> dict[str, RelativeBranch]:
    """Back again."""
    return {name: RelativeBranch(m.seconds, m.share, m.shift) for name, m in models.items()}

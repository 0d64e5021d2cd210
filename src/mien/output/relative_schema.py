"""The published form of `Relative`: what the schema of answers is made of, and reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mien.types import Reason, Relative, RelativeBranch, RelativePerson, Span

__all__ = [
    "RelativeBranchModel",
    "RelativeModel",
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

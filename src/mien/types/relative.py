"""An answer compared with how the same person usually looks and sounds, beside the absolute one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mien.core.published import rounded
from mien.types.parts import Reason, Span

__all__ = ["Relative", "RelativeBranch", "RelativePerson"]


@dataclass(frozen=True)
class RelativeBranch:
    """What a branch was corrected by.

    Args:
        seconds: of this person that the baseline rests on.
        share: of the correction that was made, 0..1: less for a short baseline.
        shift: {label: by how much its log-probability was lowered}; they sum to 0.
    """

    seconds: float
    share: float
    shift: Mapping[str, float]

    def to_dict(self, digits: int = 3) -> dict[str, Any]:
        """In plain JSON types; seconds with so many digits."""
        return {
            "seconds": round(self.seconds, digits),
            "share": round(self.share, 4),
            "shift": {label: round(value, 4) for label, value in self.shift.items()},
        }


@dataclass(frozen=True)
class RelativePerson:
    """One person compared with their usual self.

    Args:
        id: as in `Prediction.people`.
        probabilities: {label: p} of this person's face, corrected.
        branches: {branch: what it was corrected by}; empty where there was not enough to go by.
    """

    id: int
    probabilities: Mapping[str, float]
    branches: Mapping[str, RelativeBranch] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """See `Relative.to_dict`."""
        return {
            "id": self.id,
            "probabilities": rounded(self.probabilities),
            "branches": {name: branch.to_dict() for name, branch in self.branches.items()},
        }


@dataclass(frozen=True)
class Relative:
    """The answer of a clip, compared with the usual self of its people.

    These are not the probabilities of what is shown, and no `reliable` goes with them: they say
    what is shown more, or less, than usually.

    Args:
        baseline: where the usual comes from: "auto", "0.0-20.0 s", or the name of a file.
        label: the likeliest label; None where nothing could be corrected.
        probabilities: {label: p}, summing to 1; None as for `label`.
        timeline: the windows of `Prediction.timeline`, corrected; empty as for `label`.
        people: those who could be compared.
        branches: {branch: what it was corrected by} in `probabilities` and `timeline`.
        reasons: why somebody or something could not be compared.
    """

    baseline: str
    label: str | None
    probabilities: Mapping[str, float] | None
    timeline: tuple[Span, ...] = ()
    people: tuple[RelativePerson, ...] = ()
    branches: Mapping[str, RelativeBranch] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """In plain JSON types; probabilities have 6 digits, as in the answer."""
        return {
            "baseline": self.baseline.encode("utf-8", "replace").decode(),
            "label": self.label,
            "probabilities": rounded(self.probabilities),
            "timeline": [_window(span) for span in self.timeline],
            "people": [person.to_dict() for person in self.people],
            "branches": {name: branch.to_dict() for name, branch in self.branches.items()},
            "reasons": [{"code": r.code, "message": r.message} for r in self.reasons],
        }


def _window(span: Span) -> dict[str, Any]:
    """One window; it has no branches of its own."""
    return {
        "start": round(float(span.start), 4),
        "end": round(float(span.end), 4),
        "label": span.label,
        "probabilities": rounded(span.probabilities),
    }

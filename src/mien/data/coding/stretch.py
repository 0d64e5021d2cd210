"""What a coder says of a stretch of a clip, whatever program it was written with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mien.labels import LabelSet
from mien.types import Reason

__all__ = ["CodedStretch", "Coding", "Entry", "coders_of", "plain_label"]


@dataclass(frozen=True)
class CodedStretch:
    """One stretch of a clip with the label that a coder gave it.

    Args:
        clip: name of the media file as the coding has it, or of the coding's own file without its
            ending where it names none; `mien.data.coding.clips` finds the clip that is meant.
        start: seconds from the start of the clip.
        end: seconds, after `start`; None is the end of the clip.
        label: in lower case, after mapping.
        coder: who coded it; "" where the file does not say.
        person: who is seen or heard in it; "" where the file does not say.
        intensity: on the coder's own scale; None where there is none.
        where: file and line or annotation, for messages.
    """

    clip: str
    start: float
    end: float | None
    label: str
    coder: str = ""
    person: str = ""
    intensity: float | None = None
    where: str = ""


Entry = CodedStretch | Reason
"""What a reader gives for a row: a stretch, or why there is none."""


@dataclass(frozen=True)
class Coding:
    """What one file holds.

    Args:
        path: of the file.
        stretches: in the order of the file; those that cannot be used are not among them.
        coders: all that the file names, those who coded nothing too; "" where it names none.
        problems: rows that were left out, each with its place and what is wrong with it.
    """

    path: Path
    stretches: tuple[CodedStretch, ...]
    coders: tuple[str, ...]
    problems: tuple[Reason, ...] = ()

    def unmapped(self, labels: LabelSet) -> dict[str, int]:
        """{label: stretches} of the labels that are not in a label set, the commonest first."""
        counts = Counter(s.label for s in self.stretches if s.label not in labels.names)
        return dict(counts.most_common())


def plain_label(text: str) -> str:
    """A label in lower case, with single spaces and none around it."""
    return " ".join(text.split()).casefold()


def coders_of(stretches: Iterable[CodedStretch]) -> tuple[str, ...]:
    """The coders of stretches, in the order in which they come first."""
    return tuple(dict.fromkeys(s.coder for s in stretches))

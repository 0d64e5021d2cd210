"""What `mien agree` works out, as plain data: for JSON, CSV, the page and the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ANSWERS",
    "ClassRecall",
    "Coverage",
    "Disagreement",
    "Estimate",
    "Interval",
    "Lag",
    "Pair",
    "PersonRecall",
    "Scale",
    "Study",
]

ANSWERS = "mien"
"""The rater that the answers stand for."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A statistic.

    Args:
        value: None where it is not defined.
        interval: 95 % by drawing clips; None for a single clip, or where it is not defined.
    """

    value: float | None
    interval: Interval | None = None


@dataclass(frozen=True)
class Coverage:
    """How much a rater said.

    Args:
        rater: a coder, or `ANSWERS`.
        clips: with a stretch or a window of the rater's.
        stretches: that counted; windows with an answer for `ANSWERS`.
        seconds: of the clips in which the rater gave a label, overlaps counted once.
        share: of the seconds of all clips.
    """

    rater: str
    clips: int
    stretches: int
    seconds: float
    share: float


@dataclass(frozen=True)
class Pair:
    """Two raters on what both of them labelled.

    Args:
        first, second: the raters; rows and columns of the confusion.
        by: what was compared: windows of one length, or events (coded stretches).
        n: compared.
        clips: that they come from.
        agreed: share with the same label.
        kappa: Cohen's.
        alpha: Krippendorff's, nominal.
        confusion: (C,C) counts.
        unmatched: events of both raters without a counterpart; 0 for windows.
    """

    first: str
    second: str
    by: Literal["window", "event"]
    n: int
    clips: int
    agreed: Estimate
    kappa: Estimate
    alpha: Estimate
    confusion: tuple[tuple[int, ...], ...]
    unmatched: int = 0


@dataclass(frozen=True)
class Lag:
    """How far the second rater is behind the first.

    Args:
        first, second: the raters.
        seconds: by which the second one's labels have to be moved forward (or, below 0, back) to
            agree most.
        interval: 95 % of it, by drawing clips.
        unshifted, best: kappa without and with the shift.
        clips: in which both change their label; others say nothing of time.
        searched: the least and the most shift that was tried, s; less where clips are short.
    """

    first: str
    second: str
    seconds: float
    interval: Interval | None
    unshifted: float
    best: float
    clips: int
    searched: Interval


@dataclass(frozen=True)
class ClassRecall:
    """A label, over all coders.

    Args:
        label: name.
        n: windows (or events) to which a coder gave it, summed over coders.
        answers: share of these to which mien gave it, of those with an answer.
        coders: share of the other coders' labels there that are the same; None with one coder.
    """

    label: str
    n: int
    answers: Estimate
    coders: Estimate | None


@dataclass(frozen=True)
class PersonRecall:
    """A person who is seen or heard, over all coders; fields as of `ClassRecall`.

    Args:
        person: as the codings name them.
        clips: with the person.
        n: windows (or events) that a coder labelled, summed over coders.
        answers, coders: share with the same label.
    """

    person: str
    clips: int
    n: int
    answers: Estimate
    coders: Estimate | None


@dataclass(frozen=True)
class Scale:
    """Numbers of two or more raters.

    Args:
        what: is compared.
        raters: who gave the numbers.
        n: windows in which all of them did.
        icc: ICC(2,1).
    """

    what: str
    raters: tuple[str, ...]
    n: int
    icc: Estimate


@dataclass(frozen=True)
class Disagreement:
    """A stretch in which mien and the coders differ.

    Args:
        clip: path, as the answer has it.
        person: coded; "" where none is named.
        start, end: seconds.
        coded: the label that most coders gave.
        answered: mien's.
        coders: who gave `coded`.
        strength: total variation distance, in 0..1, of mien's probabilities and the coders'
            shares; the mean over the windows of the stretch.
        media: address of the clip for the page; "" where the file is not there.
    """

    clip: str
    person: str
    start: float
    end: float
    coded: str
    answered: str
    coders: tuple[str, ...]
    strength: float
    media: str = ""


@dataclass(frozen=True)
class Study:
    """All of it.

    Args:
        labels: the label set.
        coders: who coded something that counts.
        answers: whether there are answers to compare with.
        by: what the summary goes by: "event" where whole clips were coded, else "window".
        window: length in s.
        clips: with a coding that counts.
        seconds: of these clips.
        uncoded: seconds of these clips that no coder labelled.
        coverage: of each rater.
        pairs: coders with each other, then mien with each coder; by window, then by event.
        all_coders: alpha of all coders together, by window; None with one coder.
        difference: mean kappa of mien with the coders minus that of the coders with each other;
            None without either.
        lags: of pairs in whose clips labels change.
        classes, people: recalls.
        scales: ICCs.
        disagreements: the strongest, at most twenty.
        remarks: what has to be known: what was left out, what cannot be known, and why.
        faults: rows and files that could not be used.
        format: version of this layout.
    """

    labels: tuple[str, ...]
    coders: tuple[str, ...]
    answers: bool
    by: Literal["window", "event"]
    window: float
    clips: int
    seconds: float
    uncoded: float
    coverage: tuple[Coverage, ...]
    pairs: tuple[Pair, ...]
    all_coders: Estimate | None
    difference: Estimate | None
    lags: tuple[Lag, ...]
    classes: tuple[ClassRecall, ...]
    people: tuple[PersonRecall, ...]
    scales: tuple[Scale, ...]
    disagreements: tuple[Disagreement, ...]
    remarks: tuple[str, ...]
    faults: tuple[str, ...]
    format: int = 1

    def between(self, by: str, answers: bool) -> tuple[Pair, ...]:
        """The pairs by window or by event, of mien with coders or of coders with each other."""
        return tuple(p for p in self.pairs if p.by == by and (p.second == ANSWERS) == answers)

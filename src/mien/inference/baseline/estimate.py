"""A baseline out of answers: of a clip itself, of a stretch of it, or of other recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.inference.baseline.shift import Reference, centred, estimate, reference
from mien.inference.baseline.stored import Baseline
from mien.media.stretches import usual_step
from mien.types import Prediction, RelativeBranch, Span

__all__ = ["LEAST", "LEAST_AUTO", "baseline_of", "log_rows"]

LEAST = 4.0
"""Seconds of a face, or of speech, from which a stretch or another recording is a baseline."""
LEAST_AUTO = 60.0
"""Seconds from which a clip is a baseline of itself: the first length of `benchmarks/baseline.py`
at which no corpus loses by it."""
_ONCE = 0.25  # s that a face counts for that was seen once: a picture of four a second
_FLOOR = 1e-6  # probability; published ones have six digits

Stretch = tuple[float, float]
Rows = NDArray[np.float64]


def baseline_of(
    predictions: Sequence[Prediction],
    name: str,
    *,
    stretch: Stretch | None = None,
    least: float = LEAST,
    same_person: bool = False,
) -> Baseline:
    """How the people of answers usually look and sound.

    Args:
        predictions: of one model; several are of one person, the main one of each.
        name: for people.
        stretch: start and end in s that count; None is all.
        least: seconds that a branch needs.
        same_person: whoever is seen and heard is one person, also under several numbers.

    Raises:
        UsageError: nothing was measured for the model.
    """
    first = predictions[0]
    known = reference(first.model["name"])
    if not known:
        problem = (
            f"what its answers are usually like was not measured for the model '{name_of(first)}'"
        )
        raise UsageError(f"--baseline: {problem}; use the default one")
    maker = _Maker(first.labels, known, least)
    one_person = same_person or len(predictions) > 1
    people = {}
    for number in [1] if one_person else [person.id for person in first.people]:
        people[number] = maker.branches(
            _faces(predictions, number, one_person), stretch, f"person {number}"
        )
    if not first.people and not one_person:
        maker.missing.append("no face is in it")
    shared: dict[str, RelativeBranch] = {}
    voices: dict[int, dict[str, RelativeBranch]] = {}
    if one_person or len(first.people) < 2:
        shared = maker.branches([_voice(p, people) for p in predictions], stretch, "the voice")
    elif any(person.speech for person in first.people):
        for number, voice in _own_voices(first, people):
            voices[number] = maker.branches([voice], stretch, f"the voice of person {number}")
    elif not _silent(first):
        maker.missing.append("whose voice it is cannot be told, since several people are in view")
    maker.tell()
    kept = {number: branches for number, branches in people.items() if branches}
    heard = {number: branches for number, branches in voices.items() if branches}
    missing = tuple(dict.fromkeys(maker.missing))
    return Baseline(name, first.model, first.labels, kept, shared, missing, heard)


def name_of(prediction: Prediction) -> str:
    """Of its model."""
    return str(prediction.model["name"])


def _faces(predictions: Sequence[Prediction], number: int, one_person: bool) -> list[_Part]:
    """The windows of a person in each answer, with the seconds in view."""
    result = []
    for p in predictions:
        people = p.people if one_person else [q for q in p.people if q.id == number]
        for person in people if one_person else people[:1]:
            step = usual_step(person.times.tolist()) or _ONCE
            result.append(_Part(person.timeline, len(person.times) * step))
    return result


@dataclass(frozen=True)
class _Part:
    """Windows of one recording, and the seconds that they rest on at most."""

    windows: Sequence[Span]
    seconds: float | None
    without: frozenset[str] = frozenset()


def _voice(p: Prediction, people: Mapping[int, Mapping[str, RelativeBranch]]) -> _Part:
    """The clip's windows, of the branches that no person has alone."""
    person_branches = _faced(p)
    rest = {
        b: say.seconds for b, say in p.branches.items() if b not in person_branches and say.present
    }
    faces = {branch for branches in people.values() for branch in branches}
    seconds = [s for s in rest.values() if s is not None]
    return _Part(
        p.timeline, max(seconds, default=None), frozenset(person_branches | faces | _seen(p))
    )


def _own_voices(
    p: Prediction, people: Mapping[int, Mapping[str, RelativeBranch]]
) -> Iterator[tuple[int, _Part]]:
    """(person id, the clip's windows in which they speak) of each of several people who does."""
    whole = _voice(p, people)
    for person in p.people:
        windows = [window for window in p.timeline if window.speaker == person.id]
        if person.speech is not None and windows:
            yield person.id, replace(whole, windows=windows, seconds=person.speech.seconds)


def _silent(p: Prediction) -> bool:
    """Whether there is no voice whose it could be."""
    return not any(say.present for name, say in p.branches.items() if name not in _faced(p))


def _faced(p: Prediction) -> set[str]:
    """Branches that people have alone."""
    return {branch for person in p.people for w in person.timeline for branch in w.branches}


def _seen(p: Prediction) -> set[str]:
    """Branches of faces where nobody was found."""
    return {"face"} if not p.people else set()


class _Maker:
    """Turns windows into shifts, and notes what is not enough."""

    def __init__(
        self,
        labels: tuple[str, ...],
        known: Mapping[str, tuple[tuple[str, ...], Reference]],
        least: float,
    ) -> None:
        self._labels, self._known, self._least = labels, known, least
        self.missing: list[str] = []
        self._short: list[tuple[str, str, float]] = []

    def tell(self) -> None:
        """Note who and what was there for too short a time, in a line for each branch."""
        for branch in dict.fromkeys(branch for _, branch, _ in self._short):
            cases = [(who, seconds) for who, b, seconds in self._short if b == branch]
            who, longest = max(cases, key=lambda case: case[1])
            others = f" and less of {len(cases) - 1} more" if len(cases) > 1 else ""
            text = f"only {longest:.1f} s of {who} ({branch}){others}"
            self.missing.append(f"{text}; {self._least:g} s are needed")

    def branches(
        self, parts: Sequence[_Part], stretch: Stretch | None, who: str
    ) -> dict[str, RelativeBranch]:
        """{branch: shift} of what parts hold enough of."""
        gathered: dict[str, tuple[list[Rows], float]] = {}
        for part in parts:
            for branch, rows, seconds in _measured(part, stretch, self._labels):
                before, total = gathered.get(branch, ([], 0.0))
                gathered[branch] = [*before, rows], total + seconds
        result = {}
        for branch, (each, seconds) in gathered.items():
            if branch not in self._known or self._known[branch][0] != self._labels:
                continue
            if seconds < self._least:
                self._short.append((who, branch, seconds))
                continue
            result[branch] = self._shift(branch, np.concatenate(each), seconds)
        if not gathered:
            self.missing.append(f"nothing of {who} is in it")
        return result

    def _shift(self, branch: str, rows: Rows, seconds: float) -> RelativeBranch:
        _, known = self._known[branch]
        shift = estimate(rows, seconds, known)
        share = seconds / (seconds + known.seconds)
        named = dict(zip(self._labels, shift.tolist(), strict=True))
        return RelativeBranch(round(seconds, 3), share, named)


def _measured(
    part: _Part, stretch: Stretch | None, labels: tuple[str, ...]
) -> Iterator[tuple[str, Rows, float]]:
    """(branch, (n,C) log-probabilities of windows that do not overlap, seconds)."""
    chosen = list(_apart(part.windows, stretch))
    every = list(_apart(part.windows, None))
    for branch in dict.fromkeys(b for window in chosen for b in window.branches):
        if branch in part.without:
            continue
        probabilities = [w.branches[branch] for w in chosen if w.branches.get(branch)]
        if not probabilities:
            continue
        seconds = sum(w.end - w.start for w in chosen if w.branches.get(branch))
        if part.seconds is not None:
            whole = sum(w.end - w.start for w in every if w.branches.get(branch))
            seconds = min(seconds, part.seconds * seconds / whole)
        yield branch, log_rows([values for values in probabilities if values], labels), seconds


def _apart(windows: Sequence[Span], stretch: Stretch | None) -> Iterator[Span]:
    """Windows that do not overlap, with their middle in the stretch."""
    reached = -np.inf
    for window in windows:
        middle = (window.start + window.end) / 2
        if stretch is not None and not stretch[0] <= middle < stretch[1]:
            continue
        if window.start >= reached - 1e-6:
            reached = window.end
            yield window


def log_rows(values: Sequence[Mapping[str, float]], labels: Sequence[str]) -> Rows:
    """(n,C) logarithms of probabilities, centred."""
    rows = np.log(np.maximum([[row[label] for label in labels] for row in values], _FLOOR))
    return centred(rows)

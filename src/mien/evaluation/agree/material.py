"""Codings and answers brought together: what each coder said of each person in each clip."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mien.data.coding import ClipNames, CodedStretch, Coding, unmapped_words
from mien.errors import UsageError
from mien.evaluation.agree.result import ANSWERS
from mien.labels import LabelSet
from mien.types import Prediction

__all__ = ["Material", "RatedUnit", "join"]

_OVER = 0.5  # s that a stretch may go beyond the end of its clip without a word; chosen by hand
_LISTED = 3


@dataclass(frozen=True)
class RatedUnit:
    """One person in one clip, or one clip of which no person is named.

    Args:
        clip: path as the answer has it.
        person: "" where none is named.
        duration: seconds; 0 for a still picture.
        answer: None where there are no answers.
        tracks: {coder: stretches in order of time, all with an end within the clip}.
    """

    clip: str
    person: str
    duration: float
    answer: Prediction | None
    tracks: Mapping[str, tuple[CodedStretch, ...]]


@dataclass(frozen=True)
class Material:
    """What is compared.

    Args:
        labels: the label set.
        coders: who coded something that counts, in order.
        units: with at least one stretch.
        remarks: what was left out, in words for people.
        faults: rows that could not be used.
    """

    labels: LabelSet
    coders: tuple[str, ...]
    units: tuple[RatedUnit, ...]
    remarks: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def clips(self) -> tuple[str, ...]:
        """Paths of the clips, each once."""
        return tuple(dict.fromkeys(unit.clip for unit in self.units))


def join(
    codings: Sequence[Coding], answers: Mapping[str, Prediction] | None, labels: LabelSet
) -> Material:
    """Find the clip of each coded stretch, and leave out what cannot be compared.

    Args:
        codings: with mapped labels.
        answers: {path of the clip: answer}; None compares coders alone.
        labels: those of the answers.

    Raises:
        UsageError: nothing is left, or a coder is called as mien is.
    """
    stretches = [s for coding in codings for s in coding.stretches]
    names = ClipNames([s.clip for s in stretches] if answers is None else answers)
    placed, coders, strangers = _placed(codings, names)
    faults = [problem.message for coding in codings for problem in coding.problems]
    kept, unmapped = _with_label(placed, labels)
    durations = _durations(kept, answers)
    fitting, cut = _within(kept, durations, faults)
    if not fitting:
        raise UsageError(_nothing(strangers, unmapped, labels, faults))
    active = tuple(dict.fromkeys(s.coder for _, s in fitting))
    remarks = [
        *_strangers(strangers),
        *([unmapped_words(unmapped, labels)] if unmapped else []),
        *cut,
        *_silent(coders, active),
    ]
    units = _units(fitting, durations, answers)
    return Material(labels, active, units, tuple(remarks + _overlaps(units)), tuple(faults))


Placed = list[tuple[str, CodedStretch]]


def _placed(codings: Sequence[Coding], names: ClipNames) -> tuple[Placed, list[str], Counter[str]]:
    """Stretches with their clip; all coders; and stretches of each clip that is not known."""
    placed: Placed = []
    strangers: Counter[str] = Counter()
    coders: list[str] = []
    for coding in codings:
        file_coder = _owner(coding, names)
        coders += [coder or file_coder for coder in coding.coders]
        for stretch in coding.stretches:
            clip, rest = names.find(stretch.clip)
            if clip is None:
                strangers[stretch.clip] += 1
                continue
            coder = stretch.coder or rest or file_coder
            coders.append(coder)
            placed.append((clip, replace(stretch, coder=coder)))
    coders = list(dict.fromkeys(coders))
    if ANSWERS in coders:
        raise UsageError(f"a coder is called '{ANSWERS}'; name the coder, as in anna=coding.csv")
    return placed, coders, strangers


def _owner(coding: Coding, names: ClipNames) -> str:
    """Who coded a file that does not say: the rest of its name, its name, or its folder's."""
    clip, rest = names.find(coding.path.stem)
    if clip is None:
        return coding.path.stem
    return rest or coding.path.absolute().parent.name


def _with_label(placed: Placed, labels: LabelSet) -> tuple[Placed, dict[str, int]]:
    unmapped = Counter(s.label for _, s in placed if s.label not in labels.names)
    return [(c, s) for c, s in placed if s.label in labels.names], dict(unmapped.most_common())


def _durations(placed: Placed, answers: Mapping[str, Prediction] | None) -> dict[str, float]:
    """Seconds of each clip: of its answer, or without answers to the last coded end."""
    result: dict[str, float] = defaultdict(float)
    for clip, stretch in placed:
        if answers is None:
            result[clip] = max(result[clip], stretch.end or 0.0)
        else:
            spans = answers[clip].timeline
            last = spans[-1].end if spans else 0.0
            result[clip] = float(answers[clip].source["duration"]) or last
    return dict(result)


def _within(
    placed: Placed, durations: Mapping[str, float], faults: list[str]
) -> tuple[Placed, list[str]]:
    """Stretches cut at the end of their clip, and a remark on how many were."""
    result: Placed = []
    cut = []
    for clip, stretch in placed:
        duration = durations[clip]
        if stretch.start >= duration > 0:
            faults.append(
                f"{stretch.where}: starts at {stretch.start:g} s, but {Path(clip).name} is "
                f"{duration:.1f} s long; is it the coding of another clip?"
            )
            continue
        if stretch.end is not None and stretch.end > duration + _OVER:
            cut.append(stretch.where)
        end = duration if stretch.end is None else min(stretch.end, duration)
        result.append((clip, replace(stretch, end=end)))
    if not cut:
        return result, []
    text = f"{len(cut)} stretches end after their clip does and were cut there (first: {cut[0]})"
    return result, [text + "; is it the coding of another clip?"]


def _units(
    placed: Placed, durations: Mapping[str, float], answers: Mapping[str, Prediction] | None
) -> tuple[RatedUnit, ...]:
    """One unit for each clip and person.

    Where the codings of a clip name one person only, stretches without a person are of that one.
    """
    people: dict[str, set[str]] = defaultdict(set)
    for clip, stretch in placed:
        people[clip] |= {stretch.person} - {""}
    tracks: dict[tuple[str, str], dict[str, list[CodedStretch]]] = {}
    for clip, stretch in placed:
        named = people[clip]
        person = next(iter(named)) if len(named) == 1 else stretch.person
        unit = tracks.setdefault((clip, person), defaultdict(list))
        unit[stretch.coder].append(stretch)
    return tuple(
        RatedUnit(
            clip=clip,
            person=person,
            duration=durations[clip],
            answer=None if answers is None else answers[clip],
            tracks={c: tuple(sorted(s, key=lambda x: x.start)) for c, s in by_coder.items()},
        )
        for (clip, person), by_coder in tracks.items()
    )


def _overlaps(units: Iterable[RatedUnit]) -> list[str]:
    """A remark for each coder who gave two labels at once."""
    seconds: dict[str, float] = defaultdict(float)
    first: dict[str, str] = {}
    for unit in units:
        for coder, track in unit.tracks.items():
            for k, stretch in enumerate(track):
                for later in track[k + 1 :]:
                    both = min(stretch.end or 0.0, later.end or 0.0) - later.start
                    if both > 1e-3 and later.label != stretch.label:
                        seconds[coder] += both
                        first.setdefault(coder, later.where)
    return [
        f"{coder} gave two labels at once for {seconds[coder]:.1f} s (first: {first[coder]}); "
        "there the label that covers most of a window counts"
        for coder in first
    ]


def _silent(coders: Iterable[str], active: Sequence[str]) -> list[str]:
    """A remark for each coder of whom nothing is left."""
    silent = [coder for coder in coders if coder not in active]
    return [f"{coder} coded nothing that counts, and is left out" for coder in silent]


def _strangers(strangers: Counter[str]) -> list[str]:
    """A remark on coded clips without an answer."""
    if not strangers:
        return []
    listed = ", ".join(f"{name} ({n})" for name, n in strangers.most_common(_LISTED))
    more = f" and {len(strangers) - _LISTED} more" if len(strangers) > _LISTED else ""
    return [f"coded clips that no answer is about, with their stretches: {listed}{more}"]


def _nothing(
    strangers: Counter[str], unmapped: Mapping[str, int], labels: LabelSet, faults: Sequence[str]
) -> str:
    """Why nothing is left."""
    reasons = [*_strangers(strangers), *([unmapped_words(unmapped, labels)] if unmapped else [])]
    reasons += faults[:1]
    return "no coded stretch can be compared: " + (
        "; ".join(reasons) or "the codings hold no label"
    )

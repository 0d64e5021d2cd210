"""All of the comparison in one go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Literal

import numpy as np

from mien.data.coding import CodedStretch
from mien.errors import UsageError
from mien.evaluation.agree.disagreements import disagreements
from mien.evaluation.agree.events import whole_clips
from mien.evaluation.agree.lag import lags
from mien.evaluation.agree.material import Material, RatedUnit
from mien.evaluation.agree.pairs import all_coders, compared, difference
from mien.evaluation.agree.recalls import class_recalls, person_recalls
from mien.evaluation.agree.remarks import remarks
from mien.evaluation.agree.result import ANSWERS, Coverage, Study
from mien.evaluation.agree.scales import scales
from mien.evaluation.agree.windows import Windows, windows
from mien.evaluation.interrater import draws

__all__ = ["STAGES", "compare_raters"]

STAGES = 6
"""Calls of `step` that a study makes."""


def compare_raters(
    material: Material,
    length: float = 2.0,
    most_lag: float = 3.0,
    step: Callable[[str], object] = str,
) -> tuple[Study, Windows]:
    """Compare coders with each other and with mien.

    Args:
        material: the units.
        length: of a window, in s.
        most_lag: s to try in both directions.
        step: called with the name of what is worked out next.

    Returns:
        The study, and the windows, for drawings of time.

    Raises:
        UsageError: the length is not from 0.1 to 3600 s.
    """
    if not 0.1 <= length <= 3600:
        raise UsageError(f"--window {length:g}: must be 0.1 to 3600 seconds")
    step("windows")
    cut = windows(material, length)
    drawn = draws(len(material.clips))
    by: Literal["window", "event"] = "event" if whole_clips(material) else "window"
    step("windows, pairs")
    timed = any(unit.duration for unit in material.units)
    by_window = compared(material, cut, "window", drawn) if timed else []
    step("events, pairs")
    by_event = compared(material, cut, "event", drawn)
    step("lags")
    lag = lags(material, most_lag)
    step("recalls")
    classes = class_recalls(material, cut, by, drawn)
    people = person_recalls(material, cut, by, drawn)
    step("scales")
    result = Study(
        labels=material.labels.names,
        coders=material.coders,
        answers=ANSWERS in cut.raters,
        by=by,
        window=length,
        clips=len(material.clips),
        seconds=sum(unit.duration for unit in _each_clip(material)),
        uncoded=_uncoded(material),
        coverage=tuple(_coverage(material, cut)),
        pairs=tuple(result.pair for result in (*by_window, *by_event)),
        all_coders=all_coders(material, cut, drawn),
        difference=difference(by_event if by == "event" else by_window, drawn),
        lags=tuple(lag),
        classes=tuple(classes),
        people=tuple(people),
        scales=tuple(scales(material, cut, drawn)),
        disagreements=tuple(disagreements(material, cut)),
        remarks=(*material.remarks, *remarks(material, cut)),
        faults=material.faults,
    )
    return result, cut


def _each_clip(material: Material) -> list[RatedUnit]:
    """One unit of each clip."""
    return list({unit.clip: unit for unit in material.units}.values())


def _uncoded(material: Material) -> float:
    """Seconds of the clips that no coder labelled for anybody."""
    tracks: dict[str, list[CodedStretch]] = defaultdict(list)
    for unit in material.units:
        tracks[unit.clip] += chain.from_iterable(unit.tracks.values())
    clips = _each_clip(material)
    return sum(clip.duration - covered(tracks[clip.clip]) for clip in clips)


def covered(stretches: Iterable[CodedStretch]) -> float:
    """Seconds that stretches cover, overlaps counted once."""
    total, end = 0.0, 0.0
    for stretch in sorted(stretches, key=lambda s: s.start):
        last = stretch.end or 0.0
        total += max(0.0, last - max(stretch.start, end))
        end = max(end, last)
    return total


def _coverage(material: Material, cut: Windows) -> Iterator[Coverage]:
    seconds = sum(unit.duration for unit in _each_clip(material))
    for coder in material.coders:
        tracks = [(u.clip, u.tracks[coder]) for u in material.units if coder in u.tracks]
        by_clip: dict[str, list[CodedStretch]] = {}
        for clip, track in tracks:
            by_clip.setdefault(clip, []).extend(track)
        total = sum(map(covered, by_clip.values()))
        count = sum(len(track) for track in by_clip.values())
        yield Coverage(coder, len(by_clip), count, total, _share(total, seconds))
    if ANSWERS in cut.raters:
        yield _answered(material, cut, seconds)


def _answered(material: Material, cut: Windows, seconds: float) -> Coverage:
    """Windows with an answer, a window of a clip with several people counted once."""
    seen: dict[str, int] = {}
    for number, unit in enumerate(material.units):
        seen.setdefault(unit.clip, number)
    first = list(seen.values())
    rows = np.isin(cut.unit, first)
    answered = rows & (cut.label[-1] >= 0)
    total = float(((cut.end - cut.start) * cut.covered[-1])[rows].sum())
    clips = len(set(cut.clip[answered].tolist()))
    return Coverage(ANSWERS, clips, int(answered.sum()), total, _share(total, seconds))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0

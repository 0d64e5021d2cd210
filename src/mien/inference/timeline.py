"""What an answer says over time: windows of the clip and of each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mien.features.windows import middles, spans
from mien.inference.aggregation import BranchOutput
from mien.inference.bundle import Bundle
from mien.inference.evidence import Evidence
from mien.inference.in_view import InView
from mien.inference.session import Session, Track
from mien.inference.speaking.who import OFF_SCREEN
from mien.media.stretches import seen
from mien.types import Span, Speaker

__all__ = ["MODALITIES", "Stretch", "clip_timeline", "person_timeline", "span", "when"]

MODALITIES = ("face", "frame", "voice")

_GAP = 0.6  # s between two sights of a face that are no pause

Stretch = tuple[float, float]
There = Mapping[str, Sequence[Stretch] | None]
"""{modality: when there is something of it, in s}; None where that is not known."""


def when(
    session: Session, view: InView, modality: str, duration: float
) -> Sequence[Stretch] | None:
    """When the answer has something of a modality to go by, in s; None where that is not known."""
    if modality == "voice":
        return session.watch.speech if session.heard else []
    if modality == "frame":
        return [(0.0, duration)] if session.frames else []
    return [] if view.track is None else seen(view.track.times, _GAP, duration)


def clip_timeline(
    bundle: Bundle,
    session: Session,
    view: InView,
    there: There,
    duration: float,
    window: float,
) -> tuple[Span, ...]:
    """Windows over the file, each by the face of whom it goes by in its middle.

    A branch says nothing in a window in whose middle there was nothing of it; a window without any
    score has a null label.
    """
    grid = list(spans(duration, window))
    shared: Mapping[str, Evidence] = session.voice | session.scene
    result = []
    for (start, end), middle in zip(grid, middles(grid), strict=True):
        who = view.holder(*middle)
        mine: Mapping[str, Evidence] = {} if who is None else view.people[who].evidence
        parts = {branch: mine.get(branch, shared.get(branch)) for branch in bundle.spec.branches}
        speaker = view.speaker(*middle)
        outputs = {
            branch: part.between(start, end)
            if part is not None and _meets(middle, there[bundle.modality(branch)])
            else None
            for branch, part in parts.items()
        }
        seen_now = any(outputs[branch] is not None for branch in mine)
        result.append(
            span(
                bundle,
                start,
                end,
                outputs,
                who + 1 if who is not None and seen_now else None,
                "off screen" if speaker == OFF_SCREEN else None if speaker is None else speaker + 1,
            )
        )
    return tuple(result)


def person_timeline(
    bundle: Bundle, track: Track, duration: float, window: float
) -> tuple[Span, ...]:
    """The windows of one face alone in whose middle it is in view."""
    there = seen(track.times, _GAP, duration)
    grid = list(spans(duration, window))
    result = []
    for (start, end), middle in zip(grid, middles(grid), strict=True):
        if _meets(middle, there):
            outputs = {branch: part.between(start, end) for branch, part in track.evidence.items()}
            result.append(span(bundle, start, end, outputs))
    return tuple(window for window in result if window.label is not None)


def _meets(middle: Stretch, there: Sequence[Stretch] | None) -> bool:
    """Whether anything is there in a stretch; a stretch of no length is a still picture."""
    if there is None:
        return True
    start, end = middle
    if start == end:
        return any(a <= end <= b for a, b in there)
    return any(a < end and b > start for a, b in there)


def span(
    bundle: Bundle,
    start: float,
    end: float,
    outputs: Mapping[str, BranchOutput | None],
    person: int | None = None,
    speaker: Speaker | None = None,
) -> Span:
    """One window from what each branch says of it."""
    names, fused = bundle.labels, bundle.fuse(outputs)
    alone = {b: None if said is None else bundle.alone(b, said) for b, said in outputs.items()}
    return Span(
        round(start, 4),
        round(end, 4),
        None if fused is None else names.names[int(fused.argmax())],
        None if fused is None else names.by_name(fused),
        {b: None if value is None else names.by_name(value) for b, value in alone.items()},
        person,
        speaker,
    )

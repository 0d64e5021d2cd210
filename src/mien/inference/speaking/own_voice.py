"""Who of the people speaks, and what their own part of the voice says."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mien.inference.bundle import Bundle
from mien.inference.evidence import Evidence, SpanSound
from mien.inference.in_view import InView
from mien.inference.persons import join_evidence
from mien.inference.session import Session, Track
from mien.inference.speaking.microphones import by_channel, loudest_channels
from mien.inference.speaking.model import shipped
from mien.inference.speaking.who import (
    OFF_SCREEN,
    cut_by_cells,
    evidence,
    log_odds,
    speakers_of,
)
from mien.media.mix import Levels
from mien.types import Reason, Speech

__all__ = ["off_screen", "own_speech", "speakers"]

_MOSTLY = 2 / 3  # of the speech, from which a voice off screen is told
_LEAST = 2.0  # s of speech of which it is told

Spans = list[tuple[float, float]]


def speakers(
    session: Session, people: Sequence[Track], levels: Levels | None = None
) -> dict[int, int]:
    """{cell: place in `people`, or `OFF_SCREEN`}; empty where nobody speaks or it is not known.

    It is not known where no mouth was seen twice within a short time, as at one picture a second.

    Args:
        session: after `finish`.
        people: of it.
        levels: how loud each channel of the sound is, where each is one person's microphone.
    """
    speech = session.watch.speech
    if not session.heard or not speech or not any(track.mouth.seen for track in people):
        return {}
    mouths, model = [track.mouth for track in people], shipped()
    measured = evidence(session.sound, speech, mouths, model)
    result = speakers_of(measured, speech, model)
    if not levels:
        return result
    return result | by_channel(loudest_channels(levels, list(result)), log_odds(measured, model))


def own_speech(bundle: Bundle, session: Session, view: InView, place: int) -> Speech | None:
    """What one of the people says; None where they say nothing."""
    cells = view.spoken(place)
    spans = _within(session.watch.speech or [], cells)
    if not spans:
        return None
    voice = {name: part.all() for name, part in _part(bundle, session, cells).items()}
    face = {name: part.all() for name, part in view.people[place].evidence.items()}
    heard = any(output is not None for output in voice.values())
    alone, fused = bundle.fuse(voice) if heard else None, bundle.fuse(face | voice)
    names = bundle.labels
    return Speech(
        sum(end - start for start, end in spans),
        tuple((round(start, 4), round(end, 4)) for start, end in spans),
        None if alone is None else names.by_name(alone),
        None if alone is None or fused is None else names.by_name(fused),
    )


def _part(bundle: Bundle, session: Session, cells: Collection[int]) -> dict[str, Evidence]:
    """What of the voice falls into some cells; nothing of what hears a span as a whole."""
    result: dict[str, Evidence] = {}
    for name, empty in bundle.evidence("voice").items():
        evidence = session.voice[name]
        if not isinstance(evidence, SpanSound):
            join_evidence(empty, evidence, cells)
            result[name] = empty
    return result


def _within(speech: Sequence[tuple[float, float]], cells: Collection[int]) -> Spans:
    """The parts of some stretches that are in these cells, joined where they touch."""
    result: Spans = []
    for cell, start, end in cut_by_cells(speech):
        if cell not in cells:
            continue
        if result and start - result[-1][1] < 1e-6:
            result[-1] = result[-1][0], end
        else:
            result.append((start, end))
    return result


def off_screen(session: Session, view: InView) -> Reason | None:
    """That most of the speech goes with no mouth in view, so that face and voice may be of two."""
    speech = session.watch.speech or []
    spans = _within(speech, view.spoken(OFF_SCREEN))
    away, whole = (sum(end - start for start, end in part) for part in (spans, speech))
    if not spans or whole < _LEAST or away < _MOSTLY * whole:
        return None
    text = f"{away:.1f} of {whole:.1f} s of speech go with no mouth in view"
    rounded = tuple((round(start, 4), round(end, 4)) for start, end in spans)
    return Reason("off_screen_voice", f"{text}; face and voice may be of two people", rounded)

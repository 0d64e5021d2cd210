"""Which person of the clip a name of the transcript stands for, by who is there when it speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mien.inference.transcript.cues import Cue
from mien.inference.transcript.evidence import Presence
from mien.inference.transcript.result import Speaker

__all__ = ["face_of", "match_speakers"]

_LEAST_SECONDS = 0.75
"""Seconds in view during named lines from which a person can be told: chosen by hand, three
pictures of four a second."""
_LEAST_SHARE = 0.65
"""Of a person's presence during named lines, made equal for how long each name speaks: chosen by
hand, above the half that somebody has who is in view whoever speaks."""
_MOST_RIVAL = 0.5
"""With one name only: the second person's presence against the first one's; chosen by hand."""

Seconds = dict[tuple[str, int], float]


def match_speakers(
    cues: Sequence[Cue],
    presence: Mapping[int, Presence],
    speaking: Mapping[int, Presence] | None = None,
) -> tuple[Speaker, ...]:
    """The names of a transcript with their people.

    A person belongs to the name during whose lines they are in view, where they are so far less
    during the lines of the others: in shot and reverse shot that tells everybody. Of people who are
    in view together it tells nobody; then it goes by whose mouth moves with the sound.

    Args:
        cues: the lines.
        presence: {person id: when in view}.
        speaking: {person id: when they speak}, where that is known.
    """
    names = list(dict.fromkeys(cue.speaker for cue in cues if cue.speaker))
    people = _people(names, cues, presence)
    taken = {person for group in people.values() for person in group}
    for name, group in _people(names, cues, speaking or {}).items():
        if left := tuple(person for person in group if person not in taken):
            people.setdefault(name, left)
    return tuple(_speaker(name, cues, people.get(name, ()), presence) for name in names)


def _people(
    names: Sequence[str], cues: Sequence[Cue], presence: Mapping[int, Presence]
) -> dict[str, tuple[int, ...]]:
    """The people of those names that have any."""
    spoken = dict.fromkeys(names, 0.0)
    seconds: Seconds = {}
    for cue in cues:
        if not cue.speaker:
            continue
        spoken[cue.speaker] += max(0.0, cue.end - cue.start)
        for person, seen in presence.items():
            key = cue.speaker, person
            seconds[key] = seconds.get(key, 0.0) + seen.seconds(cue.start, cue.end)
    return _only(names[0], seconds) if len(names) == 1 else _by_share(names, spoken, seconds)


def _only(name: str, seconds: Seconds) -> dict[str, tuple[int, ...]]:
    """With a single name there is nothing to compare: the person who is there for most of it."""
    ranked = sorted(((s, person) for (_, person), s in seconds.items()), reverse=True)
    if not ranked or ranked[0][0] < _LEAST_SECONDS:
        return {}
    if len(ranked) > 1 and ranked[1][0] > _MOST_RIVAL * ranked[0][0]:
        return {}
    return {name: (ranked[0][1],)}


def _by_share(
    names: Sequence[str], spoken: Mapping[str, float], seconds: Seconds
) -> dict[str, tuple[int, ...]]:
    """Each person goes to the name that takes most of their presence, if it takes enough."""
    result: dict[str, list[int]] = {}
    for person in sorted({person for _, person in seconds}):
        rates = {
            name: seconds.get((name, person), 0.0) / spoken[name]
            for name in names
            if spoken[name] > 0
        }
        best = max(rates, key=lambda name: rates[name], default="")
        if not best or seconds.get((best, person), 0.0) < _LEAST_SECONDS:
            continue
        if rates[best] >= _LEAST_SHARE * sum(sorted(rates.values())[-2:]):
            result.setdefault(best, []).append(person)
    return {name: tuple(people) for name, people in result.items()}


def _speaker(
    name: str, cues: Sequence[Cue], people: tuple[int, ...], presence: Mapping[int, Presence]
) -> Speaker:
    lines = [cue for cue in cues if cue.speaker == name]
    total = sum(max(0.0, cue.end - cue.start) for cue in lines)
    seen = sum(
        max((presence[person].seconds(cue.start, cue.end) for person in people), default=0.0)
        for cue in lines
    )
    share = min(1.0, seen / total) if total else 0.0
    return Speaker(name, people, len(lines), round(total, 3), round(share, 3))


def face_of(
    cue: Cue,
    speakers: Mapping[str, Speaker],
    presence: Mapping[int, Presence],
    speaking: Mapping[int, Presence] | None = None,
) -> int | None:
    """Whose face a line goes by: the speaker's, or where that is not known the largest in view.

    A line without a name goes by whoever in view speaks longest in it, if anybody does. None where
    nobody is in view, or the speaker is known and is not.
    """
    known = speakers.get(cue.speaker)
    among = known.people if known is not None and known.people else tuple(presence)
    if not cue.speaker:
        seconds = {n: seen.seconds(cue.start, cue.end) for n, seen in (speaking or {}).items()}
        talker = max(seconds, key=lambda n: (seconds[n], -n), default=None)
        if talker is not None and seconds[talker] > 0:
            among = (talker,)
    areas = {person: presence[person].area(cue.start, cue.end) for person in among}
    best = max(areas, key=lambda person: (areas[person], -person), default=None)
    return best if best is not None and areas[best] > 0 else None

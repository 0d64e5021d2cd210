"""The lines of a transcript as they were given, before anything is said about them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mien.errors import UsageError
from mien.types import Reason

__all__ = ["Cue", "Transcript", "named", "plain_text", "seconds_of", "transcript"]

_FAR = 1e6  # s; no clip is as long
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")
_TAG = re.compile(r"</?(?:[bius]|c|v|lang|ruby|rt|font|span|\d)[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&lrm;": "", "&rlm;": "", "&amp;": "&"}
_VOICE = re.compile(r"^\s*<v(?:\.[^\s>]*)?\s+([^>]+)>", re.IGNORECASE)
_BRACKET = re.compile(r"^\s*[-–—]?\s*[\[(]([^\])\n]{1,40})[\])]\s*:\s*(?=\S)")
_PREFIX = re.compile(r"^\s*[-–—]?\s*([^\W\d_][^:\n<>\[\]()]{0,39}?)\s*:\s+(?=\S)")


@dataclass(frozen=True)
class Cue:
    """One line of a transcript.

    Args:
        start, end: seconds from the start of the clip.
        text: what is said, plain.
        speaker: the name that the transcript gives; "" where it gives none.
    """

    start: float
    end: float
    text: str
    speaker: str = ""


@dataclass(frozen=True)
class Transcript:
    """What was given.

    Args:
        name: of the file, for messages.
        cues: in the order of their starts; each with text and finite times.
        notes: what was odd about the file but did not stop the reading.
    """

    name: str
    cues: tuple[Cue, ...]
    notes: tuple[Reason, ...] = ()


def transcript(name: str, cues: Iterable[Cue], notes: Sequence[Reason] = ()) -> Transcript:
    """Cues in the order of time, without those that say nothing; speakers told from the text.

    Raises:
        UsageError: no line is left, or a time is none.
    """
    tidied = [replace(cue, text=" ".join(cue.text.split())) for cue in cues]
    kept = sorted((cue for cue in tidied if cue.text), key=lambda cue: (cue.start, cue.end))
    for cue in kept:
        if not (math.isfinite(cue.start) and math.isfinite(cue.end) and cue.end < _FAR):
            text = f"'{cue.text[:40]}' has the times {cue.start:g} and {cue.end:g} s"
            raise UsageError(f"{name}: the line {text}; give seconds from the start of the clip")
    if not kept:
        empty = f" but {len(tidied)} empty ones" if tidied else ""
        raise UsageError(f"{name}: has no lines{empty}; is it the right file?")
    more = list(notes)
    if without := len(tidied) - len(kept):
        more.append(Reason("empty_lines", f"{name}: {without} lines without text were left out"))
    return Transcript(name, tuple(named(kept)), tuple(more))


def named(cues: Sequence[Cue]) -> list[Cue]:
    """Speakers told from the text where the file has no field for them.

    "[SPEAKER_00]: text" always names one; "Anna: text" where the name is in capitals or stands
    before two lines or more, since "Note: text" would be one too.
    """
    first = [_PREFIX.match(cue.text) for cue in cues if not cue.speaker]
    counts = Counter(match[1] for match in first if match)
    return [cue if cue.speaker else _split(cue, counts) for cue in cues]


def _split(cue: Cue, counts: Counter[str]) -> Cue:
    match = _BRACKET.match(cue.text)
    if match is None:
        match = _PREFIX.match(cue.text)
        if match and not (match[1].isupper() or counts[match[1]] > 1):
            match = None
    if match is None:
        return cue
    return replace(cue, text=cue.text[match.end() :].strip(), speaker=match[1].strip())


def plain_text(marked: str) -> tuple[str, str]:
    """(text without markup, the speaker that a WebVTT voice tag names or "")."""
    voice = _VOICE.match(marked)
    text = _TAG.sub("", marked.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " "))
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return text.strip(), voice[1].strip() if voice else ""


def seconds_of(value: object) -> float:
    """Seconds from a number, "12.5", "12,5", "0:12.5" or "1:00:12,500".

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip()
    match = _CLOCK.fullmatch(text)
    if match is None:
        return float(text.replace(",", "."))
    hours, minutes, rest = int(match[1] or 0), int(match[2]), float(match[3].replace(",", "."))
    return 3600 * hours + 60 * minutes + rest

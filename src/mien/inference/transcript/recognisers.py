"""What speech recognisers write as JSON: Whisper, whisperX, faster-whisper, whisper.cpp."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mien.errors import UsageError
from mien.inference.transcript.cues import Cue, seconds_of

__all__ = ["recognised"]


def recognised(text: str, name: str) -> list[Cue]:
    """The segments of a recogniser.

    Args:
        text: {"segments": [{"start", "end", "text", "speaker"?, "words"?}]} as Whisper and
            whisperX write it, a plain list of such segments, or whisper.cpp's
            {"transcription": [{"offsets": {"from", "to"}, "text"}]} with milliseconds.
        name: of the file, for messages.

    Raises:
        UsageError: it is none of these, or a segment has no times.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: is damaged JSON ({error})") from None
    segments = content
    if isinstance(content, Mapping):
        segments = content.get("segments", content.get("transcription"))
    if not isinstance(segments, Sequence) or isinstance(segments, str):
        text = "has no 'segments', as Whisper and whisperX write them"
        raise UsageError(f"{name}: {text}; give their JSON, or subtitles")
    return list(_segments(segments, name))


def _segments(segments: Sequence[Any], name: str) -> Iterator[Cue]:
    for number, segment in enumerate(segments, 1):
        if not isinstance(segment, Mapping):
            raise UsageError(f"{name}: segment {number} is no object with start, end and text")
        try:
            start, end = _times(segment)
        except (KeyError, TypeError, ValueError):
            problem = f"segment {number} has no start and end in seconds"
            raise UsageError(f"{name}: {problem}; lines need times") from None
        yield Cue(start, end, str(segment.get("text") or ""), _speaker(segment))


def _times(segment: Mapping[str, Any]) -> tuple[float, float]:
    """Seconds; where a segment has none, those of its first and last word."""
    if "offsets" in segment:
        return segment["offsets"]["from"] / 1000, segment["offsets"]["to"] / 1000
    if segment.get("start") is None and segment.get("words"):
        words = [word for word in segment["words"] if "start" in word and "end" in word]
        return seconds_of(words[0]["start"]), seconds_of(words[-1]["end"])
    return seconds_of(segment["start"]), seconds_of(segment["end"])


def _speaker(segment: Mapping[str, Any]) -> str:
    """The segment's own speaker, or that of most of its words."""
    if segment.get("speaker") is not None:
        return str(segment["speaker"]).strip()
    words = segment.get("words")
    every = [w.get("speaker") for w in words if isinstance(w, Mapping)] if words else []
    counts = Counter(str(name) for name in every if name)
    return counts.most_common(1)[0][0] if counts else ""

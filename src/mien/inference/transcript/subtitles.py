"""SRT, WebVTT and SubStation Alpha, read by FFmpeg; also the subtitles inside a clip."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Literal

import av
import av.error
from av.container import InputContainer
from av.packet import Packet

from mien.core.sources import Source
from mien.errors import UsageError
from mien.inference.transcript.cues import Cue, Transcript, plain_text, transcript
from mien.media.container import open_container, origin
from mien.media.guard import ALLOWED, AnonymousStream, open_bytes

__all__ = ["Kind", "cues_of", "embedded"]

Kind = Literal["srt", "webvtt", "ass"]

_RAW = ("subrip", "srt", "webvtt", "text")
_ASS_FIELDS = 8  # before the text of a line of SubStation Alpha
_NAME = 3
_FRACTION = re.compile(r"([.,])(\d{1,2})(?!\d)")
_TIMES = re.compile(r"^.*\d\s*-->\s*\d\S*", re.MULTILINE)


def cues_of(text: str, kind: Kind, name: str) -> list[Cue]:
    """The lines of subtitles.

    Args:
        text: of the file.
        kind: as FFmpeg calls it.
        name: of the file, for messages.

    Raises:
        UsageError: FFmpeg cannot read it.
    """
    if kind != "ass":
        text = _TIMES.sub(lambda line: _FRACTION.sub(_milliseconds, line[0]), text)
    stream = io.BytesIO(text.encode("utf-8", "replace"))
    try:
        with av.open(AnonymousStream(stream), "r", format=kind, options=dict(ALLOWED)) as container:
            return list(_cues(container, 0, 0.0))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{name}: cannot be read as subtitles ({why})") from None


def _milliseconds(match: re.Match[str]) -> str:
    """All three digits: FFmpeg takes "6,5" for five milliseconds after six."""
    return f"{match[1]}{match[2]:0<3}"


def embedded(source: Source) -> Transcript:
    """The first subtitles of text inside a clip.

    Raises:
        UsageError: it has none.
        MediaError: the clip cannot be opened.
    """
    stream, name = open_bytes(source)
    with stream, open_container(stream, name) as container:
        texts = [k for k, track in enumerate(container.streams.subtitles) if _is_text(track.name)]
        if not texts:
            problem = "has no subtitles of text inside"
            raise UsageError(f"{name}: {problem}; give a transcript: mien lines CLIP SUBTITLES")
        streams = container.streams
        video, audio = next(iter(streams.video), None), next(iter(streams.audio), None)
        first = float(origin(container, video, audio))
        return transcript(name, _cues(container, texts[0], first))


def _is_text(codec: str | None) -> bool:
    return codec in (*_RAW, "ssa", "ass", "mov_text", "subviewer", "microdvd", "sami", "stl")


def _cues(container: InputContainer, number: int, first: float) -> Iterator[Cue]:
    """The lines of one stream, with times from `first` s on."""
    stream = container.streams.subtitles[number]
    codec = stream.name or ""
    for packet in container.demux(stream):
        if packet.pts is None or packet.time_base is None:
            continue
        start = float(packet.pts * packet.time_base) - first
        length = float((packet.duration or 0) * packet.time_base)
        text, speaker = _text(packet, codec)
        yield Cue(start, start + length, text, speaker)


def _text(packet: Packet[Any], codec: str) -> tuple[str, str]:
    content = bytes(packet)
    if codec in _RAW:
        return plain_text(content.decode("utf-8", "replace"))
    if codec in ("ssa", "ass"):
        fields = content.decode("utf-8", "replace").split(",", _ASS_FIELDS)
        return plain_text(fields[-1])[0], fields[_NAME].strip() if len(fields) > _NAME else ""
    parts = [plain_text(_dialogue(rect))[0] for rect in packet.decode()]
    return " ".join(parts), ""


def _dialogue(rect: object) -> str:
    dialogue = getattr(rect, "dialogue", b"")
    return dialogue.decode("utf-8", "replace") if isinstance(dialogue, bytes) else str(dialogue)

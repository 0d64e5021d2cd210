"""Opening a container safely, and what its header says of times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO, TypeVar, cast

import av
import av.error
from av.audio.stream import AudioStream
from av.container import Container, InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from mien.errors import MediaError
from mien.media.guard import ALLOWED, REFERRING, AnonymousStream

__all__ = ["is_raw", "length", "open_container", "origin", "packets", "rate", "reason"]

S = TypeVar("S", bound=Stream)

_TIMED = frozenset(("asf", "avi", "caf", "flac", "flv", "matroska", "mov", "ogg", "wav", "webm"))
_RAW = frozenset(
    {
        *("apv", "av1", "avs2", "avs3", "cavsvideo", "dirac", "dnxhd", "evc", "h261", "h263"),
        *("h264", "hevc", "m4v", "mjpeg", "mpegvideo", "obu", "vc1", "vvc"),
        *("aac", "ac3", "dts", "eac3", "loas", "mp3", "truehd"),
    }
)
_LENGTH = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def open_container(stream: BinaryIO, name: str) -> InputContainer:
    """Let FFmpeg find out what a stream is.

    Raises:
        MediaError: nothing it knows, or something that refers to other files.
    """
    try:
        container = av.open(
            AnonymousStream(stream), "r", options=dict(ALLOWED), metadata_errors="replace"
        )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise MediaError(f"{name}: {_why_not(stream, error)}") from None
    if set(container.format.name.split(",")) & REFERRING:
        container.close()
        raise MediaError(f"{name}: only refers to other files; give those instead")
    return container


def _why_not(stream: BinaryIO, error: Exception) -> str:
    stream.seek(0)
    if stream.read(8)[4:] == b"ftyp":
        return "breaks off or is damaged: the index of this mp4 or mov file cannot be read"
    return f"is not a video, sound or picture file, or is damaged ({reason(error)})"


def packets(container: InputContainer, *chosen: S) -> Iterator[av.Packet[S]]:
    """Packets of streams in file order.

    PyAV 18 raises an IndexError for a packet of a stream that the header did not name; those are
    left out. Other errors come through; a new call goes on behind the place.
    """
    demuxed = container.demux(*chosen)
    while True:
        try:
            packet = next(demuxed)
        except StopIteration:
            return
        except IndexError:
            demuxed = container.demux(*chosen)
            continue
        yield cast("av.Packet[S]", packet)


def origin(
    container: InputContainer, video: VideoStream | None, audio: AudioStream | None
) -> Fraction:
    """Presentation time of the file's start; cover art has none that counts."""
    if video is None and audio is not None and audio.start_time is not None and audio.time_base:
        return Fraction(audio.start_time * audio.time_base)
    return Fraction(container.start_time or 0, av.time_base)


def length(container: InputContainer, chosen: list[Stream]) -> float | None:
    """Seconds in the header for the chosen streams; None where they are only an estimate."""
    exact = bool(set(container.format.name.split(",")) & _TIMED)
    exact |= container.format.name == "mp3" and bool(container.start_time)  # has a Xing header
    if not exact:
        return None
    lengths = [seconds for s in chosen if (seconds := _own_length(s))]
    if len(lengths) == len(chosen):
        return max(lengths)
    if len(container.streams) > len(chosen):  # what is not read may be what lasts so long
        return max(lengths, default=None)
    return None if container.duration is None else container.duration / av.time_base


def _own_length(stream: Stream) -> float | None:
    """Seconds of one track; Matroska has them as text."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    match = _LENGTH.fullmatch(stream.metadata.get("DURATION", ""))
    if match is None or len(stream.container.streams) == 1:
        return None
    hours, minutes, seconds = map(float, match.groups())
    return 3600 * hours + 60 * minutes + seconds


def rate(video: VideoStream) -> Fraction | None:
    """Pictures a second as the header says; those of a raw stream as the stream itself does."""
    if is_raw(video.container):
        framerate: Fraction | None = video.codec_context.framerate
        return Fraction(framerate) if framerate else None
    return video.average_rate


def is_raw(container: Container) -> bool:
    """Whether the file is a bare stream of pictures or of sound, which has no times."""
    return container.format.name in _RAW


def reason(error: Exception) -> str:
    """A short text of an FFmpeg error."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0].lower()

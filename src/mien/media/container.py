"""Opening a container safely, and what its header says."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO, Literal, TypeVar, cast

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from mien.errors import MediaError
from mien.media.guard import ALLOWED, REFERRING, Nameless
from mien.media.picture import Stand, upright_size
from mien.types import MediaInfo

__all__ = ["describe", "length", "open_container", "origin", "packets", "reason", "streams"]

S = TypeVar("S", bound=Stream)

_COVER = Disposition.attached_pic | Disposition.timed_thumbnails
_TIMED = frozenset(("asf", "avi", "caf", "flac", "flv", "matroska", "mov", "ogg", "wav", "webm"))
_STILL_BRANDS = frozenset({"avif", "heic", "heix", "mif1"})


def open_container(stream: BinaryIO, name: str) -> InputContainer:
    """Let FFmpeg find out what a stream is.

    Raises:
        MediaError: nothing it knows, or something that refers to other files.
    """
    try:
        container = av.open(Nameless(stream), "r", options=dict(ALLOWED), metadata_errors="replace")
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


def streams(container: InputContainer) -> tuple[VideoStream | None, AudioStream | None]:
    """The first real picture stream (not cover art) and the first sound stream."""
    videos = [s for s in container.streams.video if not s.disposition & _COVER]
    return _best(videos), _best(list(container.streams.audio))


def _best(found: list[S]) -> S | None:
    """The first that can be decoded, or the first of all."""
    return next((s for s in found if s.codec_context is not None), found[0] if found else None)


def packets(container: InputContainer, *chosen: S) -> Iterator[av.Packet[S]]:
    """Packets of streams in file order.

    PyAV 18 raises an IndexError for a packet of a stream that the header did not name; those are
    left out. Other errors come through; a new call goes on behind the place.
    """
    found = container.demux(*chosen)
    while True:
        try:
            packet = next(found)
        except StopIteration:
            return
        except IndexError:
            found = container.demux(*chosen)
            continue
        yield cast("av.Packet[S]", packet)


def origin(container: InputContainer, video: VideoStream | None) -> Fraction:
    """Presentation time of the file's start; cover art has none that counts."""
    audio = next(iter(container.streams.audio), None)
    if video is None and audio is not None and audio.start_time is not None and audio.time_base:
        return Fraction(audio.start_time * audio.time_base)
    return Fraction(container.start_time or 0, av.time_base)


def length(container: InputContainer, chosen: list[Stream]) -> float | None:
    """Seconds that the header promises for the chosen streams; None where it only guesses."""
    exact = bool(set(container.format.name.split(",")) & _TIMED)
    exact |= container.format.name == "mp3" and bool(container.start_time)  # has a Xing header
    if not exact:
        return None
    own = [float(s.duration * s.time_base) for s in chosen if s.duration and s.time_base]
    if len(own) == len(chosen):
        return max(own)
    return None if container.duration is None else container.duration / av.time_base


def describe(
    container: InputContainer,
    name: str,
    size: tuple[int, int],
    how: Stand,
    start: Fraction,
) -> MediaInfo:
    """What is known before reading; `size` is of the picture as stored."""
    video, audio = streams(container)
    seen = None if video is None or video.codec_context is None else video.codec_context
    heard = None if audio is None or audio.codec_context is None else audio.codec_context
    aspect = None if video is None else video.sample_aspect_ratio
    width, height = upright_size(size, aspect, how)
    rate = None if video is None else video.average_rate
    kind = _kind(container, video)
    timed = kind != "picture" and container.duration is not None
    return MediaInfo(
        path=name,
        container=container.format.name.split(",")[0],
        kind=kind,
        duration=(container.duration or 0) / av.time_base if timed else None,
        width=width,
        height=height,
        rotation=how.rotation,
        frame_rate=float(rate) if rate and kind == "video" else None,
        video_codec=seen.name if seen else "unknown" if video else None,
        audio_codec=heard.name if heard else "unknown" if audio else None,
        sample_rate=(heard.sample_rate or 0) if heard else 0,
        channels=(heard.channels or 0) if heard else 0,
        pixel_format=seen.pix_fmt if seen else None,
        start=float(start),
    )


def _kind(
    container: InputContainer, video: VideoStream | None
) -> Literal["video", "sound", "picture"]:
    if video is None:
        return "sound"
    name = container.format.name
    still = name.endswith("_pipe") or name.startswith("image2")
    brand = container.metadata.get("major_brand", "").strip()
    return "picture" if still or brand in _STILL_BRANDS else "video"


def reason(error: Exception) -> str:
    """A short text of an error of FFmpeg's."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0].lower()

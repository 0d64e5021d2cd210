"""Whether a browser can play a file as it is: container, codecs and pixel format."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from mien.media import TrackChoice, open_media
from mien.output.report.video_sound import plain
from mien.types import MediaInfo

__all__ = ["Playback", "playback", "read_info"]

Playback: TypeAlias = Literal["source", "making", "none"]

_H264 = frozenset({"h264"})
_VPX = frozenset({"vp8", "vp9", "vpx"})
_VIDEO = {
    "mov": (_H264, frozenset({"aac", "mp3"})),
    "webm": (_VPX, frozenset({"opus", "vorbis"})),
}
_SOUND = {
    "mov": {"aac"},
    "mp3": {"mp3"},
    "wav": {"pcm_s16le", "pcm_u8"},
    "flac": {"flac"},
    "ogg": {"opus", "vorbis"},
    "webm": {"opus", "vorbis"},
}
_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_LATE = 0.05  # s
_PICTURE_HEADS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM")


def read_info(source: Path, tracks: TrackChoice | None = None) -> MediaInfo:
    """Read what a file is; only its first picture is decoded.

    Raises:
        MediaError: it cannot be read as picture or sound.
    """
    with open_media(source, tracks=tracks) as media:
        return media.info


def playback(source: Path, info: MediaInfo) -> Playback:
    """How a page plays a file: as it is, through a preview that has to be made, or not at all.

    What all current browsers play counts: H.264 with AAC or MP3 in MP4, VP8 and VP9 with Opus or
    Vorbis in WebM, eight bits of 4:2:0; sound also as MP3, WAV, FLAC, Ogg. HEVC and AV1 depend on
    the machine and so get a preview. So does a film that begins later than zero: mien counts from
    its beginning, browsers do not, and boxes would not meet their faces. And so does a file with
    several tracks of a kind, of which browsers take their own.
    """
    with source.open("rb") as stream:
        head = stream.read(64)
    if info.kind == "picture":
        return "source" if head.startswith(_PICTURE_HEADS) else "none"
    if any(track.number > 1 for track in info.tracks):
        return "making"
    container = "webm" if info.container == "matroska" and b"webm" in head else info.container
    heard = None if info.audio_codec is None else plain(info.audio_codec)
    if info.kind == "sound":
        return "source" if heard in _SOUND.get(container, ()) else "making"
    pictures, sounds = _VIDEO.get(container, (frozenset(), frozenset()))
    plays = plain(info.video_codec or "") in pictures and info.pixel_format in _PIXELS
    plays &= abs(info.start) <= _LATE
    return "source" if plays and (heard is None or heard in sounds) else "making"

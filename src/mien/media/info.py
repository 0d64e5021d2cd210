"""Facts from the header of a container, before it is read."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from mien.media.container import is_raw, rate
from mien.media.picture import Orientation, upright_size
from mien.media.tone import gamut_of, transfer_of
from mien.media.tracks import OpenedTracks
from mien.types import MediaInfo

__all__ = ["describe"]

_STILL_BRANDS = frozenset({"avif", "heic", "heix", "mif1"})


def describe(
    opened: OpenedTracks,
    name: str,
    size: tuple[int, int],
    orientation: Orientation,
    start: Fraction,
) -> MediaInfo:
    """The facts known before reading; `size` is that of the stored picture."""
    container, video, audio = opened.container, opened.video, opened.audio
    video_context = None if video is None or video.codec_context is None else video.codec_context
    audio_context = None if audio is None or audio.codec_context is None else audio.codec_context
    aspect = None if video is None else video.sample_aspect_ratio
    width, height = upright_size(size, aspect, orientation)
    header_rate = None if video is None else rate(video)
    kind = _kind(container, video)
    guessed = video is not None and is_raw(container)  # from the size of the file
    timed = kind != "picture" and container.duration is not None and not guessed
    transfer = transfer_of(video_context.color_trc) if video_context else "sdr"
    return MediaInfo(
        path=name,
        container=container.format.name.split(",")[0],
        kind=kind,
        duration=(container.duration or 0) / av.time_base if timed else None,
        width=width,
        height=height,
        rotation=orientation.rotation,
        frame_rate=float(header_rate) if header_rate and kind == "video" else None,
        video_codec=video_context.name if video_context else "unknown" if video else None,
        audio_codec=audio_context.name if audio_context else "unknown" if audio else None,
        sample_rate=(audio_context.sample_rate or 0) if audio_context else 0,
        channels=(audio_context.channels or 0) if audio_context else 0,
        pixel_format=video_context.pix_fmt if video_context else None,
        start=float(start),
        tracks=opened.tracks,
        transfer=transfer,
        gamut=gamut_of(video_context.color_primaries, transfer) if video_context else "bt709",
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

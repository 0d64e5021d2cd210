"""What is known and read of a file: its tracks, its pictures and its sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Gamut", "MediaChunk", "MediaInfo", "TrackInfo", "Transfer"]

Transfer: TypeAlias = Literal["sdr", "pq", "hlg"]
"""How light became a signal: as ever, SMPTE ST 2084, or the other way of ITU-R BT.2100."""
Gamut: TypeAlias = Literal["bt709", "bt2020", "p3"]
"""The primary colours."""


@dataclass(frozen=True)
class TrackInfo:
    """One track of pictures or of sound in a file.

    Args:
        kind: "video" or "audio".
        number: among the tracks of its kind, from 1.
        codec: name; "unknown" without a decoder.
        form: size and rate, or rate and channels, as text.
        language, title: as the file says; "" where it does not.
        default: whether the file flags it as the one to play.
        read: whether it is the one that is read.
    """

    kind: Literal["video", "audio"]
    number: int
    codec: str
    form: str
    language: str
    title: str
    default: bool
    read: bool


@dataclass(frozen=True)
class MediaInfo:
    """What a container says about itself, before decoding.

    Args:
        path: the file, or "<bytes>".
        container: format name, for example "mov" or "matroska".
        kind: "video", "sound" (no picture) or "picture" (one still image).
        duration: seconds as the header says; None where it says nothing.
        width, height: of the upright picture in pixels; 0 without picture.
        rotation: degrees the picture is turned to stand upright.
        frame_rate: average frames per second as the header says; None if unknown.
        video_codec, audio_codec: names, or None where there is no such stream.
        sample_rate, channels: of the sound as stored; 0 without sound.
        pixel_format: for example "yuv420p"; None without picture.
        start: presentation time of the first packet, in seconds; times given out are relative
            to it.
        tracks: all tracks of pictures and of sound, cover art left out; the other fields are of
            those that are read.
        transfer, gamut: of the picture's light and colours; what is unknown is taken for ordinary.
    """

    path: str
    container: str
    kind: Literal["video", "sound", "picture"]
    duration: float | None
    width: int
    height: int
    rotation: int
    frame_rate: float | None
    video_codec: str | None
    audio_codec: str | None
    sample_rate: int
    channels: int
    pixel_format: str | None
    start: float
    tracks: tuple[TrackInfo, ...] = ()
    transfer: Transfer = "sdr"
    gamut: Gamut = "bt709"


@dataclass(frozen=True)
class MediaChunk:
    """A stretch of picture and sound; all times in seconds from the start of the file.

    Args:
        frames: upright pictures, each (H,W,3) uint8 RGB; from a file made on access (`Pictures`).
        times: (T,) presentation time of each picture.
        sound: (N,) float32 mono in [-1, 1] at `rate`, gapless from `sound_start`.
        sound_start: time of the first sample.
        rate: samples per second.
        scale: pixels of the frame of reference, the first upright picture of the file, for one
            pixel of `frames`; 1 unless the reader was asked to make large pictures smaller, or the
            pictures change their size.
        zoom: pixels of these pictures as they are stored for one of the frame of reference.
    """

    frames: Sequence[NDArray[np.uint8]]
    times: NDArray[np.float64]
    sound: NDArray[np.float32]
    sound_start: float
    rate: int
    scale: float = 1.0
    zoom: float = 1.0

    def __post_init__(self) -> None:
        if len(self.frames) != len(self.times):
            raise ValueError(f"{len(self.frames)} frames but {len(self.times)} times")

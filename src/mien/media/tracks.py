"""Which of the tracks of a file are read: those asked for, else the default ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO, Literal, TypeAlias

import av
import av.error
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from mien.errors import MediaError, UsageError
from mien.media.container import open_container, origin, packets, rate
from mien.media.mix import MIXED, channel_of, channels
from mien.types import TrackInfo

__all__ = ["QUIET", "OpenedTracks", "TrackChoice", "open_tracks", "tracks_of"]

QUIET = 10 ** (-60 / 20)
"""Share of full scale; below it a recording counts as silent."""

_COVER = Disposition.attached_pic | Disposition.timed_thumbnails
_SPECIAL = Disposition.comment | Disposition.descriptions | Disposition.visual_impaired
_PROBED = 600  # s in which a track has to hold something
_FLAT = 2.0  # deviation of the grey of a picture of 255; below it nothing is to be seen
_CHANNELS = 64
_BROKEN = (av.error.FFmpegError, OSError, ValueError, MemoryError)
_WORDS = {"video": "picture", "audio": "sound"}

Kind: TypeAlias = Literal["video", "audio"]


@dataclass(frozen=True)
class TrackChoice:
    """The tracks and the channel to read of a file that has several.

    Args:
        video, audio: number of the track among those of its kind, from 1, as `mien info` lists
            them; None is the one flagged as default, or the first, unless nothing is on it.
        channel: of the sound: "left", "right", a number from 1, "mix" for all of them, or "person"
            for all of them where each is somebody's microphone, by which it is told who speaks.
    """

    video: int | None = None
    audio: int | None = None
    channel: str = "mix"

    def __post_init__(self) -> None:
        for kind, number in (("video", self.video), ("audio", self.audio)):
            if number is not None and number < 1:
                raise UsageError(f"{kind} track {number}: tracks are counted from 1")
        numbered = self.channel.isdecimal() and 1 <= int(self.channel) <= _CHANNELS
        if self.channel not in ("left", "right", *MIXED) and not numbered:
            text = f"must be left, right, mix, person or a number from 1 to {_CHANNELS}"
            raise UsageError(f"channel '{self.channel}': {text}")


@dataclass(frozen=True)
class OpenedTracks:
    """An open container and the tracks of it that are read.

    Args:
        container: freshly opened.
        video, audio: the chosen tracks; None where there is no such. One without a decoder has no
            `codec_context`.
        tracks: all there are.
        note: which ones were taken, where the caller did not choose among several.
    """

    container: InputContainer
    video: VideoStream | None
    audio: AudioStream | None
    tracks: tuple[TrackInfo, ...]
    note: str | None

    @property
    def start(self) -> Fraction:
        """Presentation time of the file's start, in s."""
        return origin(self.container, self.video, self.audio)


def open_tracks(stream: BinaryIO, name: str, choice: TrackChoice | None = None) -> OpenedTracks:
    """Open a container and choose its tracks.

    Where several could be meant, the file is read until the first of them holds something: a
    picture that is not of one colour, sound that is not silent.

    Args:
        stream: the file, at its start.
        name: for messages.
        choice: what is wanted; None is the default.

    Raises:
        MediaError: see `open_container`; or a track or channel that is wanted is not there.
    """
    choice = choice or TrackChoice()
    numbers: dict[Kind, int | None] = {"video": choice.video, "audio": choice.audio}
    container = open_container(stream, name)
    try:
        tracks = {kind: tracks_of(container, kind) for kind in numbers}
        _check_numbers(name, numbers, tracks)
        orders = [_preferred(tracks[kind]) for kind, number in numbers.items() if number is None]
        orders = [order for order in orders if len(order) > 1]
        holding = _holding(container, orders)
        if orders:  # begin anew
            container.close()
            stream.seek(0)
            container = open_container(stream, name)
            tracks = {kind: tracks_of(container, kind) for kind in numbers}
        picked = {kind: _picked(tracks[kind], number, holding) for kind, number in numbers.items()}
        _check_channel(name, picked["audio"], choice.channel)
    except BaseException:
        container.close()
        raise
    notes = [
        _note(kind, tracks[kind], picked[kind], holding)
        for kind, number in numbers.items()
        if number is None
    ]
    infos = [_info(k, n, s, s is picked[k]) for k in numbers for n, s in enumerate(tracks[k], 1)]
    video, audio = picked["video"], picked["audio"]
    assert video is None or isinstance(video, VideoStream)
    assert audio is None or isinstance(audio, AudioStream)
    return OpenedTracks(
        container, video, audio, tuple(infos), "; ".join(filter(None, notes)) or None
    )


def tracks_of(container: InputContainer, kind: Kind) -> list[Stream]:
    """In the order of the file; no cover art, and of the tiles of a picture the first."""
    if kind == "audio":
        return list(container.streams.audio)
    real: list[Stream] = [s for s in container.streams.video if not s.disposition & _COVER]
    alone = [s for s in real if not s.disposition & Disposition.dependent]
    return alone or real[:1]


def _preferred(tracks: Sequence[Stream]) -> list[Stream]:
    """Those that can be decoded, the likeliest first: flagged ones, commentaries last."""
    usable = [s for s in tracks if s.codec_context is not None]
    return sorted(usable, key=lambda s: (not _flagged(s), bool(s.disposition & _SPECIAL)))


def _flagged(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.default)


def _picked(tracks: Sequence[Stream], number: int | None, holding: Sequence[int]) -> Stream | None:
    if number is not None:
        return tracks[number - 1]
    order = _preferred(tracks)
    held = [s for s in order if s.index in holding]
    return next(iter([*held, *order, *tracks]), None)


def _holding(container: InputContainer, orders: Sequence[Sequence[Stream]]) -> list[int]:
    """Places of the tracks that hold something; looks no further than it needs to."""
    held: set[int] = set()
    wanted = [stream for order in orders for stream in order]
    for stream in wanted:
        stream.codec_context.thread_type = "AUTO"
        if isinstance(stream, VideoStream):
            stream.codec_context.skip_frame = "NONKEY"
    for stream, packet in _until(container, wanted):
        if stream.index not in held and any(map(_holds, _decoded(packet))):
            held.add(stream.index)
            if all(order[0].index in held for order in orders):
                break
    return sorted(held)


def _until(
    container: InputContainer, wanted: Sequence[Stream]
) -> Iterator[tuple[Stream, av.Packet[Any]]]:
    """Packets of the first ten minutes of these tracks."""
    if not wanted:
        return
    begin = Fraction(container.start_time or 0, av.time_base)
    stream_packets = packets(container, *wanted)
    while True:
        try:
            packet = next(stream_packets)
        except (StopIteration, *_BROKEN):
            return
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and stamp * packet.time_base - begin > _PROBED:
            return
        yield packet.stream, packet


def _decoded(packet: av.Packet[Any]) -> list[Any]:
    try:
        return list(packet.decode())
    except (EOFError, *_BROKEN):
        return []


def _holds(frame: object) -> bool:
    """Whether something is to be seen or heard in a frame."""
    try:
        if isinstance(frame, av.VideoFrame):
            grey = frame.reformat(width=64, height=64, format="gray").to_ndarray()
            return float(grey.std()) > _FLAT
        if isinstance(frame, av.AudioFrame):
            values = np.nan_to_num(channels(frame), posinf=0, neginf=0)
            return bool(values.size) and float(np.abs(values).max()) > QUIET
    except _BROKEN:
        pass
    return False


def _check_numbers(
    name: str, numbers: Mapping[Kind, int | None], tracks: Mapping[Kind, Sequence[Stream]]
) -> None:
    for kind, number in numbers.items():
        count, word = len(tracks[kind]), _WORDS[kind]
        if number is not None and number > count:
            messages = {0: f"has no {word}", 1: f"has one {word} track"}
            message = messages.get(count, f"has {word} tracks 1 to {count}")
            raise MediaError(f"{name}: {message}; there is no {kind} track {number}")


def _check_channel(name: str, audio: Stream | None, channel: str) -> None:
    if channel == "mix" or not isinstance(audio, AudioStream) or audio.codec_context is None:
        return
    count = audio.codec_context.channels or 0
    names = (
        [layout_channel.name for layout_channel in audio.codec_context.layout.channels]
        if count
        else []
    )
    if channel == "person":
        if count == 1:
            problem = "the sound has one channel, so that none can be one person's"
            raise MediaError(f"{name}: {problem}; leave --channel person out")
        return
    if names and channel_of(channel, names) is None:
        available = "one channel" if count == 1 else f"channels 1 to {count}"
        raise MediaError(f"{name}: the sound has {available}; there is no channel {channel}")


def _note(
    kind: Kind, tracks: Sequence[Stream], picked: Stream | None, holding: Sequence[int]
) -> str | None:
    """Which track was taken and why, where there are several."""
    if picked is None or len(tracks) < 2:
        return None
    word = _WORDS[kind]
    position = next(n for n, s in enumerate(tracks, 1) if s is picked)
    label = ", ".join(filter(None, _labels_of(picked)))
    first = _preferred(tracks)[:1]
    explanation = (
        "the one flagged as default" if _flagged(picked) else "the first that holds something"
    )
    if first and first[0] is not picked:
        empty = "silent" if kind == "audio" else "empty"
        explanation = f"the first that is not {empty}"
    elif picked.index not in holding and not _flagged(picked):
        explanation = "the first"
    text = f"of {len(tracks)} {word} tracks number {position}"
    text += f" ({label}) was read" if label else " was read"
    return f"{text}, {explanation}; {kind}_track chooses another"


def _labels_of(stream: Stream) -> tuple[str, str]:
    """Language and title, "" where the file does not say."""
    language = stream.language or ""
    return "" if language == "und" else language, str(stream.metadata.get("title", ""))


def _info(kind: Kind, number: int, stream: Stream, read: bool) -> TrackInfo:
    context: CodecContext | None = stream.codec_context
    form = ""
    if isinstance(stream, VideoStream) and isinstance(context, VideoCodecContext):
        pace = rate(stream)
        form = f"{context.width}x{context.height}" + (f", {float(pace):.6g} fps" if pace else "")
    elif isinstance(context, AudioCodecContext):
        count = context.channels or 0
        form = f"{context.sample_rate} Hz, {count} channel{'' if count == 1 else 's'}"
    codec = "unknown" if context is None else context.name
    return TrackInfo(kind, number, codec, form, *_labels_of(stream), _flagged(stream), read)

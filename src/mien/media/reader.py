"""One pass over a container: packets in, chunks of upright pictures and 16 kHz sound out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias

import av
import av.error
import numpy as np
from av.stream import Stream
from numpy.typing import NDArray

from mien.core.sources import Source
from mien.errors import MediaError, UsageError
from mien.media.assembly import Assembly
from mien.media.clock import PictureClock, Sampler
from mien.media.container import is_raw, length, packets, rate, reason
from mien.media.exif import exif_orientation
from mien.media.faults import mended
from mien.media.frame_skipper import FrameSkipper
from mien.media.guard import is_short, open_bytes
from mien.media.info import describe
from mien.media.mix import Levels
from mien.media.picture import Orientation, frame_orientation
from mien.media.reference import Reference
from mien.media.sound import RATE, SoundStream
from mien.media.tracks import TrackChoice, open_tracks
from mien.types import MediaChunk, MediaInfo, Reason

__all__ = ["Media", "open_media", "read_sound"]

_PEEK = 200  # packets to look through for the first picture
_PATIENCE = 20  # failed reads in a row after which the file is taken to have ended
_WORDS = {"video": "picture", "audio": "sound"}
_BROKEN = (av.error.FFmpegError, OSError, ValueError, MemoryError)

Frame = av.VideoFrame | av.AudioFrame
AnyPacket: TypeAlias = "av.Packet[Any]"


def open_media(
    source: Source,
    *,
    fps: float | None = None,
    chunk: float = 2.0,
    max_side: int | None = None,
    pictures: bool = True,
    threads: int = 0,
    tracks: TrackChoice | None = None,
) -> Media:
    """Open a local file, the bytes of one or a file object, for one pass of reading.

    Args:
        source: see `mien.core.sources.Source`; its kind is found out from the content alone.
        fps: give out the first picture at or after each k / fps seconds; None gives all.
        chunk: seconds of picture and sound to hand out together, at most.
        max_side: make larger pictures smaller, to this many pixels on the long side.
        pictures: False leaves the pictures out and decodes the sound alone.
        threads: of each decoder; 0 is one a core.
        tracks: which tracks and channels are read; see `TrackChoice` for the default.

    Raises:
        MediaError: it cannot be read as picture or sound; one line says why.
        UsageError: `fps`, `chunk` or `max_side` is not above 0.
    """
    for name, value in (("fps", fps), ("chunk", chunk), ("max_side", max_side)):
        if value is not None and not 0 < value < float("inf"):
            raise UsageError(f"{name} {value:g}: must be above 0")
    av.logging.set_level(None)
    stream, name = open_bytes(source)
    try:
        return Media(stream, name, fps, chunk, max_side, pictures, threads, tracks)
    except BaseException:
        stream.close()
        raise


def read_sound(path: str | Path) -> NDArray[np.float32]:
    """All sound of a file as (N,) float32 mono at 16 kHz, from its first sample on.

    Raises:
        MediaError: the file cannot be read or has no sound.
    """
    with open_media(path, fps=1e-3) as media:
        parts = [chunk.sound for chunk in media.chunks()]
    if not sum(map(len, parts)):
        raise MediaError(f"{path}: has no sound")
    return np.concatenate(parts)


class Media:
    """An open file; use `open_media`. A context manager, read once with `chunks`.

    Attributes:
        info: what the container says.
        problems: what was wrong, filled while reading: `cut_off` (breaks off before its end),
            `damaged` (packets left out), `picture_undecodable`, `sound_undecodable`,
            `timestamps` (times that are missing or cannot be), `odd_samples` (not numbers),
            `no_duration` (the header does not say how long it is), `tracks` (which were chosen
            of several), `picture_changes`, `sound_changes`, `opposite_phase`.
        complete: False once something could not be read.
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        fps: float | None,
        chunk: float,
        max_side: int | None,
        pictures: bool = True,
        threads: int = 0,
        tracks: TrackChoice | None = None,
    ) -> None:
        self._stream, self._chunk = stream, chunk
        self.problems: list[Reason] = []
        self.complete = True
        self.choice = tracks or TrackChoice()
        opened = open_tracks(stream, name, self.choice)
        self._container, self._video, self._audio = opened.container, opened.video, opened.audio
        self._chosen = self._usable(name, pictures, threads)
        start = opened.start
        self._sampler, self._reference = Sampler(fps), Reference(max_side)
        raw = is_raw(self._container)
        self._sound = SoundStream(start, self.choice.channel, raw)
        self._skipper: FrameSkipper | None = None
        if self._video in self._chosen and self._video is not None:
            self._skipper = FrameSkipper(self._video, self._sampler, threads, start)
        header_rate = None if self._video is None else rate(self._video)
        self._clock = PictureClock(start, header_rate, self._container.format.name == "avi", raw)
        self._decoded = dict.fromkeys(("video", "audio"), 0)
        self._damaged = dict.fromkeys(("video", "audio"), 0)
        self._frames = self._read()
        self._waiting: deque[Frame] = deque()
        self._exif: Orientation | None = None
        self._first_aspect: Fraction | None = None
        size, orientation = self._peek()
        self.info: MediaInfo = describe(opened, name, size, orientation, start)
        if self.info.kind == "picture" and (tags := exif_orientation(stream)) is not None:
            self._exif = tags
            self.info = describe(opened, name, size, tags, start)
        if opened.note is not None:
            self._note("tracks", opened.note)
        if self.info.kind != "picture" and self.info.duration is None:
            self._note("no_duration", "the header does not say how long it is")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def seen(self) -> float:
        """Seconds covered by what was read so far."""
        return float(max(self._clock.end, self._sound.end))

    @property
    def levels(self) -> Levels:
        """How loud each channel of the sound was, where the choice is "person"."""
        return self._sound.levels

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._stream.close()

    def chunks(self) -> Iterator[MediaChunk]:
        """Pictures and sound in order of time; ends early where the file breaks off."""
        assembly = Assembly(self._chunk, {stream.type for stream in self._chosen})
        while self._waiting:
            yield from self._take(self._waiting.popleft(), assembly)
        for frame in self._frames:
            yield from self._take(frame, assembly)
        yield from self._hear(self._sound.flush(), assembly)
        yield from assembly.rest()
        self._conclude()

    def _usable(self, name: str, pictures: bool, threads: int) -> list[Stream]:
        """The streams for which there is a decoder, with threads switched on."""
        candidates = (self._video if pictures else None, self._audio)
        streams: list[Stream] = [s for s in candidates if s is not None]
        if not streams:
            raise MediaError(f"{name}: holds neither picture nor sound")
        usable = [s for s in streams if s.codec_context is not None]
        if not usable:
            raise MediaError(f"{name}: no decoder for what it holds; convert it to H.264 first")
        for stream in streams:
            if stream not in usable:
                self._undecodable(stream.type)
        for stream in usable:
            stream.codec_context.thread_type = "AUTO"
            stream.codec_context.thread_count = threads
        return usable

    def _read(self) -> Iterator[Frame | None]:
        """Decoded frames in file order; None for each packet, so that the caller can count."""
        failed = 0
        stream_packets = packets(self._container, *self._chosen)
        while failed < _PATIENCE:
            try:
                packet = next(stream_packets)
                failed = 0
            except StopIteration:
                return
            except _BROKEN as error:
                failed, why = failed + 1, reason(error)
                stream_packets = packets(self._container, *self._chosen)
                continue
            yield from self._decode(packet)
            yield None
        self._note("cut_off", f"the file breaks off ({why})", False)
        for stream in self._chosen:  # what the decoders still hold
            last: AnyPacket = av.Packet()
            last.stream = stream
            if stream.time_base:
                last.time_base = stream.time_base
            yield from self._decode(last)

    def _decode(self, packet: AnyPacket) -> list[Frame]:
        kind = packet.stream.type
        if kind == "video" and self._skipper is not None:
            self._skipper.set(packet)
        try:
            frames: list[Frame] = [f for f in packet.decode() if isinstance(f, Frame)]
        except EOFError:
            return []
        except _BROKEN:
            self._damaged[kind] += 1
            return []
        self._decoded[kind] += len(frames)
        return frames

    def _peek(self) -> tuple[tuple[int, int], Orientation]:
        """Stored size and orientation: the rotation flag is on the frames, so decode the first."""
        if self._video is None or self._video not in self._chosen:
            return (0, 0), Orientation()
        looked = 0
        for frame in self._frames:
            looked += frame is None
            if frame is not None:
                self._waiting.append(frame)
            if isinstance(frame, av.VideoFrame):
                return (frame.width, frame.height), frame_orientation(frame)
            if looked >= _PEEK:
                break
        return (self._video.width, self._video.height), Orientation()

    def _take(self, frame: Frame | None, assembly: Assembly) -> Iterator[MediaChunk]:
        if isinstance(frame, av.VideoFrame):
            yield from self._see(frame, assembly)
            yield from assembly.ready()
        elif isinstance(frame, av.AudioFrame):
            yield from self._hear(self._sound.push(frame), assembly)

    def _see(self, frame: av.VideoFrame, assembly: Assembly) -> Iterator[MediaChunk]:
        still = self.info.kind == "picture"
        time = Fraction(0) if still else self._clock.time(frame)
        if time is None:
            return
        if self._skipper is not None and (frame.interlaced_frame or self._clock.problem):
            self._skipper.stop()
        assembly.passed("video", time)
        if not self._sampler.takes(time) or (still and self._decoded["video"] > 1):
            return
        try:
            picture, scale, zoom = self._reference.see(
                frame, self._aspect(), self._exif, float(time)
            )
        except _BROKEN:
            self._damaged["video"] += 1
            return
        yield from assembly.see(time, picture, scale, zoom)

    def _aspect(self) -> Fraction | None:
        """The aspect of a pixel: as in the header, unless the stream has changed it since."""
        if self._video is None:
            return None
        now = self._video.codec_context.sample_aspect_ratio
        if self._first_aspect is None:
            self._first_aspect = now
        changed = now and self._first_aspect and now != self._first_aspect
        return now if changed else self._video.sample_aspect_ratio

    def _hear(
        self, pieces: Iterator[NDArray[np.float32]], assembly: Assembly
    ) -> Iterator[MediaChunk]:
        """Takes sound piece by piece: an hour of silence in a gap must not fill the memory."""
        for samples in pieces:
            assembly.hear(self._sound.end - Fraction(len(samples), RATE), samples)
            assembly.passed("audio", self._sound.end)
            yield from assembly.ready()

    def _conclude(self) -> None:
        """Note the problems that are known only at the end."""
        for stream in self._chosen:
            if not self._decoded[stream.type]:
                self._undecodable(stream.type)
        self._damaged["audio"] += self._sound.damaged
        counts = {_WORDS[kind]: count for kind, count in self._damaged.items() if count}
        if counts:
            text = " and ".join(f"{n} of {word}" for word, n in counts.items())
            self._note("damaged", f"damaged packets left out: {text}", False)
        if self._sound.odd_rate is not None:
            text = (
                f"sound of {self._sound.odd_rate} samples a second, which cannot be, was left out"
            )
            self._note("sound_undecodable", text, False)
        if self._sound.odd_samples:
            self._note("odd_samples", "samples that are no numbers were taken as silence")
        self.problems += mended(self._clock, self._reference, self._sound)
        self._check_length()

    def _check_length(self) -> None:
        if is_short(self._stream):
            self._note("cut_off", "the file is shorter than its header says", False)
        promised = length(self._container, self._chosen) or 0
        missing = promised - self.seen
        if self.info.kind != "picture" and missing > min(5, 0.3 + 0.01 * promised):
            text = f"the header promises {promised:.1f} s, but only {self.seen:.1f} s are there"
            self._note("cut_off", text, False)

    def _undecodable(self, kind: str) -> None:
        word = _WORDS[kind]
        self._note(f"{word}_undecodable", f"the {word} could not be decoded", False)

    def _note(self, code: str, message: str, complete: bool = True) -> None:
        self.complete = self.complete and complete
        if code not in {problem.code for problem in self.problems}:
            self.problems.append(Reason(code, message))

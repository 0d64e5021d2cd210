"""One pass over a container: packets in, chunks of upright pictures and 16 kHz sound out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self, TypeAlias

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mien.errors import MediaError, UsageError
from mien.media.guard import ALLOWED, REFERRING, open_bytes
from mien.media.picture import upright, upright_size
from mien.media.sound import RATE, SoundStream
from mien.types import MediaChunk, MediaInfo, Problem

__all__ = ["Media", "open_media", "read_sound"]

if TYPE_CHECKING:
    AnyPacket: TypeAlias = av.Packet[Any]

_MOST_BYTES = 64 * 2**20
_LONGEST_JUMP = 24 * 3600  # s; a larger step of the picture's times is taken for damage


def open_media(
    source: str | Path | bytes,
    *,
    fps: float | None = None,
    chunk: float = 2.0,
    max_side: int | None = None,
) -> Media:
    """Open a local file, or the bytes of one, for one pass of reading.

    Args:
        source: path or content; its kind is found out from the content, not from the name.
        fps: give out the first picture at or after each k / fps seconds; None gives all.
        chunk: seconds of picture and sound to hand out together, at most.
        max_side: make larger pictures smaller, to this many pixels on the long side.

    Raises:
        MediaError: it cannot be read as picture or sound; one line says why.
    """
    if fps is not None and not fps > 0:
        raise UsageError(f"fps {fps:g}: must be above 0")
    av.logging.set_level(None)
    stream, name = open_bytes(source)
    try:
        return Media(stream, name, fps, chunk, max_side)
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
        problems: what was wrong, filled while reading.
        complete: False once something could not be read.
        seen: seconds covered by what was read so far.
    """

    def __init__(
        self, stream: BinaryIO, name: str, fps: float | None, chunk: float, max_side: int | None
    ) -> None:
        self._stream, self._name = stream, name
        self._container = _open(stream, name)
        self._video, self._audio = _streams(self._container)
        if self._video is None and self._audio is None:
            raise MediaError(f"{name}: holds neither picture nor sound")
        self._fps = None if fps is None else Fraction(fps).limit_denominator(10**6)
        self._due = 0
        self._chunk, self._max_side = chunk, max_side
        start = self._container.start_time
        self._origin = Fraction(start or 0, av.time_base)
        self._first_picture = self._peek_rotation()
        self.info = self._describe()
        self.problems: list[Problem] = []
        self.complete = True
        self.seen = 0.0
        self._last: Fraction | None = None
        self._damaged = {"video": 0, "audio": 0}
        self._scale = 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._stream.close()

    def chunks(self) -> Iterator[MediaChunk]:
        """Pictures and sound in order of time; ends early where the file breaks off."""
        collected = _Collected()
        sound = SoundStream(self._origin)
        boundary = self._chunk
        for packet in self._packets():
            for item in self._decode(packet):
                if isinstance(item, av.VideoFrame):
                    self._see(item, collected)
                elif isinstance(item, av.AudioFrame):
                    collected.hear(sound.push(item))
                if max(self.seen, sound.end) >= boundary or collected.bytes >= _MOST_BYTES:
                    self.seen = max(self.seen, sound.end)
                    yield from collected.take(self._scale)
                    boundary = self.seen + self._chunk
        with suppress(av.error.FFmpegError):
            collected.hear(sound.flush())
        self.seen = max(self.seen, sound.end)
        yield from collected.take(self._scale)
        self._conclude(sound)

    def _packets(self) -> Iterator[AnyPacket]:
        streams = [s for s in (self._video, self._audio) if s is not None]
        packets = self._container.demux(*streams)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError, ValueError, EOFError) as error:
                self._note("cut_off", f"the file breaks off ({_reason(error)})", False)
                for stream in streams:  # what the decoders still hold
                    yield _flush(stream)
                return
            yield packet

    def _decode(self, packet: AnyPacket) -> list[av.VideoFrame | av.AudioFrame]:
        try:
            return [f for f in packet.decode() if isinstance(f, av.VideoFrame | av.AudioFrame)]
        except (av.error.FFmpegError, ValueError):
            self._damaged[packet.stream.type] += 1
            return []
        except MemoryError:
            self._damaged[packet.stream.type] += 1
            return []

    def _see(self, frame: av.VideoFrame, collected: _Collected) -> None:
        time = self._time(frame)
        if time < 0:
            return  # before the start of the edit
        self._last = time
        rate = self._video.average_rate if self._video is not None else None
        if self.info.kind != "picture":
            self.seen = max(self.seen, float(time + (1 / rate if rate else 0)))
        if self._fps is not None:
            if time * self._fps < self._due:
                return
            self._due = math.floor(time * self._fps) + 1
        try:
            picture, self._scale = upright(frame, self._aspect(), self._max_side)
        except (av.error.FFmpegError, ValueError, MemoryError):
            self._damaged["video"] += 1
            return
        collected.see(float(time), picture)

    def _time(self, frame: av.VideoFrame) -> Fraction:
        """Seconds from the start; a missing or impossible stamp runs on from the last picture."""
        rate = self._video.average_rate if self._video is not None else None
        step = 1 / rate if rate else Fraction(1, 25)
        if frame.pts is None or frame.time_base is None:
            if self.info.kind == "video" and self._last is not None:
                self._note("timestamps", "pictures without times; they were spaced evenly")
            return Fraction(0) if self._last is None else self._last + step
        time = frame.pts * frame.time_base - self._origin
        if self._last is not None and self._last - 1 < time <= self._last:
            self._note("timestamps", "some pictures' times do not rise; they were moved apart")
            return self._last + Fraction(1, 1000)
        if self._last is not None and not self._last < time < self._last + _LONGEST_JUMP:
            self._note("timestamps", "the pictures' times jump; they were made to run on")
            self._origin += time - (self._last + step)
            time = self._last + step
        if self._last is None and not -_LONGEST_JUMP < time < _LONGEST_JUMP:
            self._origin += time
            time = Fraction(0)
        return Fraction(time)

    def _aspect(self) -> Fraction | None:
        return None if self._video is None else self._video.sample_aspect_ratio

    def _conclude(self, sound: SoundStream) -> None:
        for kind, word in (("video", "picture"), ("audio", "sound")):
            if count := self._damaged[kind]:
                text = f"{count} damaged {word} {'packet' if count == 1 else 'packets'} left out"
                self._note(f"damaged_{word}", text, False)
        if sound.odd_samples:
            self._note("odd_samples", "samples that are no numbers were taken as silence")
        wanted = self.info.duration or 0
        if self.info.kind != "picture" and wanted - self.seen > max(1.0, 0.05 * wanted):
            text = f"the header promises {wanted:.1f} s, but only {self.seen:.1f} s are there"
            self._note("cut_off", text, False)

    def _note(self, code: str, message: str, complete: bool = True) -> None:
        self.complete = self.complete and complete
        if code not in {problem.code for problem in self.problems}:
            self.problems.append(Problem(code, message))

    def _peek_rotation(self) -> int:
        """The rotation flag sits on the frames; look at the first one, then go back."""
        if self._video is None:
            return 0
        try:
            for packet in self._container.demux(self._video):
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame):
                        return int(round(frame.rotation / 90) * 90)
        except (av.error.FFmpegError, OSError, ValueError):
            pass
        finally:
            self._reopen()
        return 0

    def _reopen(self) -> None:
        self._container.close()
        self._stream.seek(0)
        self._container = _open(self._stream, self._name)
        self._video, self._audio = _streams(self._container)
        if self._video is not None:
            self._video.thread_type = "AUTO"

    def _describe(self) -> MediaInfo:
        video, audio, container = self._video, self._audio, self._container
        length = container.duration
        size = (0, 0) if video is None else (video.width, video.height)
        width, height = upright_size(size, self._aspect(), self._first_picture)
        return MediaInfo(
            path=self._name,
            container=container.format.name.split(",")[0],
            kind=_kind(container, video),
            duration=None if length is None else length / av.time_base,
            width=width,
            height=height,
            rotation=self._first_picture,
            frame_rate=None
            if video is None or not video.average_rate
            else float(video.average_rate),
            video_codec=None if video is None else video.codec_context.name,
            audio_codec=None if audio is None else audio.codec_context.name,
            sample_rate=0 if audio is None else audio.codec_context.sample_rate or 0,
            channels=0 if audio is None else audio.codec_context.channels or 0,
            pixel_format=None if video is None else video.codec_context.pix_fmt,
            start=float(self._origin),
        )


class _Collected:
    """Pictures and sound on their way into one chunk."""

    def __init__(self) -> None:
        self._frames: list[NDArray[np.uint8]] = []
        self._times: list[float] = []
        self._sound: list[tuple[float, NDArray[np.float32]]] = []
        self.bytes = 0

    def see(self, time: float, picture: NDArray[np.uint8]) -> None:
        self._frames.append(picture)
        self._times.append(time)
        self.bytes += picture.nbytes

    def hear(self, pieces: list[tuple[float, NDArray[np.float32]]]) -> None:
        self._sound += pieces
        self.bytes += sum(samples.nbytes for _, samples in pieces)

    def take(self, scale: float) -> Iterator[MediaChunk]:
        """One chunk, or more where the sound has a gap that is too long to fill."""
        frames, times, runs = tuple(self._frames), np.array(self._times, float), self._runs()
        self._frames, self._times, self._sound, self.bytes = [], [], [], 0
        for number, (start, samples) in enumerate(runs or [(0.0, np.zeros(0, np.float32))]):
            if frames or len(samples):
                yield MediaChunk(frames, times, samples, start, RATE, scale)
            if number == 0:
                frames, times = (), np.zeros(0)

    def _runs(self) -> list[tuple[float, NDArray[np.float32]]]:
        runs: list[tuple[float, list[NDArray[np.float32]], float]] = []
        for start, samples in self._sound:
            if runs and abs(runs[-1][2] - start) < 0.5 / RATE:
                begin, parts, _ = runs[-1]
                runs[-1] = (begin, [*parts, samples], start + len(samples) / RATE)
            else:
                runs.append((start, [samples], start + len(samples) / RATE))
        return [(begin, np.concatenate(parts)) for begin, parts, _ in runs]


def _open(stream: BinaryIO, name: str) -> InputContainer:
    try:
        container = av.open(stream, "r", options=dict(ALLOWED), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError, EOFError) as error:
        raise MediaError(
            f"{name}: is not a video, sound or picture file ({_reason(error)})"
        ) from None
    names = set(container.format.name.split(","))
    if names & REFERRING:
        container.close()
        raise MediaError(f"{name}: only refers to other files; give those instead")
    return container


def _streams(container: InputContainer) -> tuple[VideoStream | None, AudioStream | None]:
    """The first real picture stream (not cover art) and the first sound stream."""
    videos = [
        s
        for s in container.streams.video
        if not s.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
        and s.codec_context is not None
    ]
    audios = [s for s in container.streams.audio if s.codec_context is not None]
    return (videos[0] if videos else None), (audios[0] if audios else None)


def _kind(
    container: InputContainer, video: VideoStream | None
) -> Literal["video", "sound", "picture"]:
    if video is None:
        return "sound"
    name = container.format.name
    return "picture" if name.endswith("_pipe") or name.startswith("image2") else "video"


def _flush(stream: VideoStream | AudioStream) -> AnyPacket:
    packet: AnyPacket = av.Packet()
    packet.stream = stream
    return packet


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()

"""One pass over the pictures of a stretch of a file; its sound is not decoded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from mien.errors import MediaError
from mien.media.clock import LONG_STEP, Sampler
from mien.media.container import packets, rate, reason
from mien.media.frame_skipper import FrameSkipper
from mien.media.picture import lazy_upright
from mien.media.pictures import Picture, Pictures
from mien.media.sound import RATE
from mien.media.tracks import open_tracks
from mien.types import MediaChunk

__all__ = ["PicturePass"]

_BROKEN = (av.error.FFmpegError, OSError, ValueError)
_CHUNK = Fraction(2)
_MOST_BYTES = 24 * 10**6
_BACK = (0, 5, 20, 60)  # s before the start at which to look for a key frame


class PicturePass:
    """The pictures that `open_media` gives for [start, end), from the key frame before them on.

    Only for files without faults: where `open_media` would repair something, this fails.

    Args:
        stream: the file.
        name: for messages.
        start, end: seconds; with a start off the grid of 1 / fps, one picture more may come first.
        fps, max_side, threads: as for `open_media`.

    Attributes:
        seen: seconds covered so far.
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        start: float,
        end: float,
        fps: float,
        max_side: int,
        threads: int = 0,
    ) -> None:
        self._stream, self._name = stream, name
        self._start, self._end = Fraction(start), end
        self._fps, self._max_side, self._threads = fps, max_side, threads
        self.seen = 0.0

    def chunks(self) -> Iterator[MediaChunk]:
        """Pictures in order of time; no chunk reaches over a multiple of 2 s.

        Raises:
            MediaError: something is damaged, or times are missing or do not rise.
        """
        pending: list[tuple[Fraction, Picture]] = []
        scale, until = 1.0, Fraction(0)
        for time, picture, picture_scale in self._pictures():
            full = sum(p.nbytes for _, p in pending) > _MOST_BYTES
            if pending and (time >= until or picture_scale != scale or full):
                yield _chunk(pending, scale)
                pending = []
            if not pending:
                scale, until = picture_scale, (math.floor(time / _CHUNK) + 1) * _CHUNK
            pending.append((time, picture))
        if pending:
            yield _chunk(pending, scale)

    def _pictures(self) -> Iterator[tuple[Fraction, Picture, float]]:
        sampler = Sampler(self._fps)
        opened = open_tracks(self._stream, self._name)
        with opened.container as container:
            video = opened.video
            if video is None or video.codec_context is None:
                raise MediaError(f"{self._name}: has no picture that can be decoded")
            video.codec_context.thread_type = "AUTO"
            video.codec_context.thread_count = self._threads
            size = video.width, video.height
            begin, step = opened.start, 1 / (rate(video) or Fraction(25))
            skipper = FrameSkipper(video, sampler, self._threads, begin, self._start)
            frames = self._from_key_frame(container, video, begin, skipper)
            for frame, time in self._timed(frames, begin):
                if frame.interlaced_frame:
                    skipper.stop()
                self.seen = max(self.seen, float(time + step))
                if time < self._start or not sampler.takes(time):
                    continue
                if (frame.width, frame.height) != size:
                    raise MediaError(f"{self._name}: the pictures change their size")
                yield time, *lazy_upright(frame, video.sample_aspect_ratio, self._max_side)

    def _timed(
        self, frames: Iterator[av.VideoFrame], begin: Fraction
    ) -> Iterator[tuple[av.VideoFrame, Fraction]]:
        last: Fraction | None = None
        for frame in frames:
            if frame.pts is None or frame.time_base is None or frame.is_corrupt:
                raise MediaError(f"{self._name}: a picture is damaged or has no time")
            time = frame.pts * frame.time_base - begin
            if time < 0:
                continue
            if last is not None and not last < time < last + LONG_STEP:
                raise MediaError(f"{self._name}: the pictures' times jump or do not rise")
            if time >= self._end:
                return
            last = time
            yield frame, time

    def _from_key_frame(
        self,
        container: InputContainer,
        video: VideoStream,
        begin: Fraction,
        skipper: FrameSkipper,
    ) -> Iterator[av.VideoFrame]:
        """Frames from a key frame on; without an index, FFmpeg may find one that is too late."""
        if self._start <= 0:
            yield from self._frames(packets(container, video), skipper)
            return
        for back in _BACK:
            container.seek(self._seek_timestamp(video, begin, back), stream=video, backward=True)
            frames = self._frames(packets(container, video), skipper)
            first = next(frames, None)
            if first is None or first.pts is None or first.time_base is None:
                break
            if first.pts * first.time_base - begin <= self._start:
                yield first
                yield from frames
                return
        raise MediaError(f"{self._name}: no key frame is found before {float(self._start):g} s")

    def _seek_timestamp(self, video: VideoStream, begin: Fraction, back: int) -> int:
        seconds = max(Fraction(0), self._start - back) + begin
        return int(seconds / (video.time_base or Fraction(1, av.time_base)))

    def _frames(
        self, stream_packets: Iterator[av.Packet[VideoStream]], skipper: FrameSkipper
    ) -> Iterator[av.VideoFrame]:
        try:
            for packet in stream_packets:
                skipper.set(packet)
                yield from packet.decode()
        except _BROKEN as error:
            raise MediaError(f"{self._name}: damaged ({reason(error)})") from None


def _chunk(frames: list[tuple[Fraction, Picture]], scale: float) -> MediaChunk:
    times = np.array([float(time) for time, _ in frames])
    pictures = Pictures([picture for _, picture in frames])
    return MediaChunk(pictures, times, np.zeros(0, np.float32), float(times[0]), RATE, scale)

"""The sound of a video, carried over into an MP4 file: copied where MP4 takes the codec."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import av
import av.error
from av.audio.stream import AudioStream
from av.container import OutputContainer

from mien.media.clock import JITTER, SoundClock
from mien.media.container import is_raw, packets
from mien.media.guard import open_bytes
from mien.media.tracks import TrackChoice, open_tracks

__all__ = ["COPIED", "SoundCopy", "plain"]

COPIED = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
"""Codecs that MP4 takes and players read there; others are encoded as AAC."""

_AAC_RATES = frozenset({96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000,
                        11025, 8000, 7350})  # fmt: skip
_BROKEN = (av.error.FFmpegError, OSError, ValueError, MemoryError)

Frame = av.VideoFrame | av.AudioFrame
AnyPacket: TypeAlias = "av.Packet[Any]"


class SoundCopy:
    """A sound track of a file, read a second time beside the pictures.

    A context manager. What is damaged is left out, as when the file is analysed.

    Args:
        source: the file; it was read before, so that it is known to open.
        out: where the sound goes; gets a stream unless the source has no sound.
        copied: codecs that are copied packet for packet.
        tracks: which track; the default is that of `open_media`.
    """

    def __init__(
        self,
        source: Path,
        out: OutputContainer,
        copied: frozenset[str] = COPIED,
        tracks: TrackChoice | None = None,
    ) -> None:
        self._out = out
        self._file, name = open_bytes(source)
        opened = open_tracks(self._file, name, tracks)
        self._given, audio, self._start = opened.container, opened.audio, opened.start
        self._packets: Iterator[AnyPacket] = iter(())
        self._next: AnyPacket | None = None
        self._last = -(2**62)
        if audio is None or audio.codec_context is None:
            return
        copies = plain(audio.codec_context.name) in copied
        self._packets = self._copied(audio) if copies else self._encoded(audio)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._given.close()
        self._file.close()

    def mux(self, until: float) -> None:
        """Write the packets that begin before `until`, in s from the start of the file."""
        while (packet := self._next or next(self._packets, None)) is not None:
            self._next = packet
            if packet.dts is None or packet.time_base is None:
                self._next = None
                continue
            if packet.dts * packet.time_base >= until:
                return
            self._next = None
            if packet.dts > self._last:  # the muxer wants rising times
                self._last = packet.dts
                self._out.mux(packet)

    def prepare(self) -> None:
        """Make the stream in `out`; to be called once all other streams are there."""
        self._next = next(self._packets, None)

    def _demuxed(self, audio: AudioStream) -> Iterator[AnyPacket]:
        """Packets up to the end, or to where the file breaks off."""
        stream_packets = packets(self._given, audio)
        while True:
            try:
                yield next(stream_packets)
            except (StopIteration, *_BROKEN):
                return

    def _copied(self, audio: AudioStream) -> Iterator[AnyPacket]:
        copy = self._out.add_stream_from_template(audio)
        for packet in self._demuxed(audio):
            if packet.dts is None:
                packet.dts = packet.pts
            if packet.dts is None or packet.time_base is None or packet.is_corrupt:
                continue
            shift = round(self._start / packet.time_base)
            if packet.pts is not None:
                packet.pts -= shift
            packet.dts -= shift
            packet.stream = copy
            yield packet

    def _encoded(self, audio: AudioStream) -> Iterator[AnyPacket]:
        """As AAC at the rate of the source, if AAC has it; more than two channels become two."""
        context = audio.codec_context
        rate = context.sample_rate if context.sample_rate in _AAC_RATES else 48_000
        layout = "mono" if context.channels == 1 else "stereo"
        encoder = self._out.add_stream("aac", rate=rate, layout=layout)
        for piece in self._resampled(audio, layout, rate):
            yield from encoder.encode(piece)
        yield from encoder.encode(None)

    def _resampled(self, audio: AudioStream, layout: str, rate: int) -> Iterator[av.AudioFrame]:
        """Frames of one kind, with times that run on; those that come may change their kind."""
        kind, resampler, clock = None, None, SoundClock(self._start, is_raw(self._given))
        for frame in self._decoded(audio):
            if not frame.sample_rate or not _set_time(frame, clock):
                continue
            frame_kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            if frame_kind != kind:
                if resampler is not None:
                    yield from resampler.resample(None)
                kind, resampler = frame_kind, av.AudioResampler("fltp", layout, rate)
            assert resampler is not None  # made for the first frame
            yield from resampler.resample(frame)
        if resampler is not None:
            yield from resampler.resample(None)

    def _decoded(self, audio: AudioStream) -> Iterator[av.AudioFrame]:
        for packet in self._demuxed(audio):
            try:
                frames: list[Frame] = [f for f in packet.decode() if isinstance(f, Frame)]
            except (EOFError, *_BROKEN):
                continue
            yield from (frame for frame in frames if isinstance(frame, av.AudioFrame))


def _set_time(frame: av.AudioFrame, clock: SoundClock) -> bool:
    """Give a frame its time from the start of the file; False for one that was there before."""
    length = Fraction(frame.samples, frame.sample_rate)
    begin = clock.begin(frame, length)
    if clock.due is not None and begin < clock.due and begin + length <= clock.due:
        return False
    if clock.due is not None and begin < clock.due + JITTER:
        begin = clock.due
    clock.due = begin + length
    frame.time_base = Fraction(1, frame.sample_rate)
    frame.pts = round(begin * frame.sample_rate)
    return True


def plain(decoder: str) -> str:
    """The codec that a decoder is for: "mp3" for "mp3float", "opus" for "libopus"."""
    return decoder.removeprefix("lib").removesuffix("float")

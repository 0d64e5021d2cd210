"""Skip the decoding of pictures that are not wanted and that no other picture depends on.

At 4 of 25 pictures a second most of the work of decoding is for pictures that are thrown away.
H.264 and H.265 need a part of them to make others from; the rest (most of the B-pictures that
usual encoders write) can be passed over, and those that are wanted stay the same, bit for bit.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import av
from av.video.stream import VideoStream

from mien.media.clock import Sampler

__all__ = ["FrameSkipper"]

AnyPacket: TypeAlias = "av.Packet[Any]"

_CODECS = frozenset({"h264", "hevc"})
_TURNS_KEPT = 64  # encoders put at most 16 pictures out of order


class FrameSkipper:
    """Tells a decoder, packet by packet, whether it may skip a picture.

    A packet may go where one of an earlier time was already seen for the same turn of the sampler:
    the first picture of each turn is then never lost, in whatever order they are stored.

    Args:
        video: the stream; nothing is passed over where its codec is not known to allow it.
        sampler: which pictures are wanted.
        threads: of the decoder; 0 leaves their number to it. Half as many again are started where
            pictures are passed over: those that are left are made from one another, so that the
            threads wait more than they work.
        begin: presentation time that counts as 0, in s.
        start: nothing before this time is wanted, in s from there.
    """

    def __init__(
        self,
        video: VideoStream,
        sampler: Sampler,
        threads: int,
        begin: Fraction,
        start: Fraction = Fraction(0),
    ) -> None:
        self._context, self._sampler = video.codec_context, sampler
        self._begin, self._start = begin, start
        self._active = self._context.name in _CODECS and not sampler.takes_all
        if self._active:
            self._context.thread_count = threads + threads // 2
        self._first: dict[int, Fraction] = {}

    def stop(self) -> None:
        """Decode everything from now on: where times are mended, or packets are single fields."""
        if self._active:
            self._active = False
            self._context.skip_frame = "DEFAULT"

    def set(self, packet: AnyPacket) -> None:
        """Call this right before the packet is decoded."""
        if self._active:
            self._context.skip_frame = "NONREF" if self._can_skip(packet) else "DEFAULT"

    def _can_skip(self, packet: AnyPacket) -> bool:
        if packet.pts is None or packet.time_base is None:
            return False
        time = packet.pts * packet.time_base - self._begin
        if time < self._start:
            return True
        turn = self._sampler.turn(time)
        first = self._first.setdefault(turn, time)
        self._first[turn] = min(first, time)
        if len(self._first) > _TURNS_KEPT:
            del self._first[min(self._first)]
        return first < time

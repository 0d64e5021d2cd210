"""The time of each picture and of each frame of sound, and which pictures a lower rate takes."""

from __future__ import annotations

import math
from fractions import Fraction

import av

from mien.media.stretches import Stretches

__all__ = ["JITTER", "LONG_STEP", "Gaps", "PictureClock", "Sampler", "SoundClock"]

LONG_STEP = 10
"""Seconds; a larger step of the times is a gap."""

JITTER = Fraction(15, 1000)
"""Seconds; smaller steps between frames of sound are rounding of the container."""

_ALL_GAPS = 3600  # s
_SMALLEST_STEP = Fraction(1, 1000)  # s
_RESTART = 5  # s; sound that begins so long before the file's start has a clock of its own
_BACK = 1  # s; a larger step back is a new start of the clock, not an overlap
_CLEAN = Fraction(1, 2)  # s without an overlap before one that is a seam
_SEAMS = Fraction(1, 10), Fraction(1, 100)  # s, and part of the sound, that seams may take away


class Gaps:
    """Accepts gaps of one hour in total; beyond that, times that jump count as damage.

    So a few packets cannot make a file last for days.
    """

    def __init__(self) -> None:
        self._left = Fraction(_ALL_GAPS)

    def allows(self, step: Fraction) -> bool:
        """Whether a step of so many seconds is accepted; counts it if it is a gap."""
        if step <= LONG_STEP:
            return True
        if step > self._left:
            return False
        self._left -= step
        return True


class PictureClock:
    """Gives each picture its exact time from the start of the file, always rising.

    Args:
        origin: presentation time of the file's start in s.
        rate: pictures per second as the header says; None if unknown.
        in_order: go by the decoding times, for containers that store no others (AVI).
        timeless: go by the length that the stream gives each picture: a raw stream has no times,
            and those that FFmpeg makes up are of 25 pictures a second.
    """

    def __init__(
        self,
        origin: Fraction,
        rate: Fraction | None,
        in_order: bool = False,
        timeless: bool = False,
    ) -> None:
        self._in_order, self._timeless = in_order, timeless
        self._origin, self._gaps = origin, Gaps()
        self.step = min(1 / rate, Fraction(LONG_STEP)) if rate else Fraction(1, 25)
        self._last: Fraction | None = None
        self.problem: str | None = None

    @property
    def end(self) -> Fraction:
        """Time in s until which the last picture is shown."""
        return Fraction(0) if self._last is None else self._last + self.step

    def time(self, frame: av.VideoFrame) -> Fraction | None:
        """Seconds from the start; None for a picture before it, which an edit has cut off."""
        if self._timeless:
            self._last, self.step = self.end, self._length(frame)
            return self._last
        stamp = frame.dts if frame.pts is None or self._in_order else frame.pts
        if stamp is None or frame.time_base is None:
            if not self._in_order:
                self.problem = "pictures without times; they were spaced evenly"
            time = self.end
        else:
            time = self._checked(stamp * frame.time_base - self._origin)
        if time < 0:
            return None
        self._last = time
        return time

    def _length(self, frame: av.VideoFrame) -> Fraction:
        """How long a picture of a raw stream is shown; repeated fields make some longer."""
        duration = Fraction(frame.duration or 0) * (frame.time_base or 0)
        return duration if 0 < duration <= LONG_STEP else self.step

    def _checked(self, time: Fraction) -> Fraction:
        last = self._last
        if last is not None and last - 1 < time <= last:
            self.problem = "some pictures' times do not rise; they were moved apart"
            return last + _SMALLEST_STEP
        low = -_ALL_GAPS if last is None else last
        if low < time and self._gaps.allows(time - self.end):
            return time
        self.problem = "the pictures' times jump; they were made to run on"
        self._origin += time - self.end
        return self.end


class SoundClock:
    """Gives each frame of sound its time from the start of the file.

    Frames that overlap those before them run on, as players let them; a later gap takes up what
    they were late by. A small overlap after clean sound is the seam of two recordings: there the
    time stays true, and the later frame loses its beginning.

    Args:
        origin: presentation time of the file's start in s.
        timeless: frames follow one another whatever their times: a bare stream of sound has none,
            and those that FFmpeg makes up are for the rate that it began with.

    Attributes:
        due: s at which the next frame should begin; None before the first.
        mended: where frames overlapped or jumped, and were made to run on.
    """

    def __init__(self, origin: Fraction, timeless: bool = False) -> None:
        self._origin, self._gaps, self._timeless = origin, Gaps(), timeless
        self.due: Fraction | None = None
        self.mended = Stretches()
        self._late = Fraction(0)  # by which frames that ran on are behind their times
        self._clean_from = Fraction(0)
        self._seams = Fraction(0)  # s taken away at seams

    def begin(self, frame: av.AudioFrame, length: Fraction) -> Fraction:
        """Seconds from the start at which a frame of `length` s begins; may be below 0.

        What is before `due` was returned already, and has to be left out. The caller sets
        `due` to the end of the frame.
        """
        due = Fraction(0) if self.due is None else self.due
        if frame.pts is None or frame.time_base is None or (self._timeless and due):
            return due
        begin = frame.pts * frame.time_base - self._origin
        if self.due is None and begin >= -_RESTART:
            self._clean_from = begin
            return begin if self._gaps.allows(begin) else self._moved(begin, due, length)
        late = due - begin
        if late > self._late + JITTER:
            return self._overlapping(begin, due, length)
        if late >= -JITTER:
            start = begin if not self._late else due
            self._late = max(Fraction(0), min(self._late, late))
            return start
        self._late = Fraction(0)
        return begin if self._gaps.allows(-late) else self._moved(begin, due, length)

    def _overlapping(self, begin: Fraction, due: Fraction, length: Fraction) -> Fraction:
        late, new = due - begin, due - begin - self._late
        clean, self._clean_from = due - self._clean_from, due
        allowed = _SEAMS[0] + _SEAMS[1] * due
        if not self._late and clean >= _CLEAN and self._seams + new <= allowed:
            self._seams += new
            return begin
        if late > _BACK:
            return self._moved(begin, due, length)
        self._late = late
        self.mended.add(float(due), float(due + length))
        return due

    def _moved(self, begin: Fraction, due: Fraction, length: Fraction) -> Fraction:
        """The times jump: what follows continues from here."""
        self._origin += begin - due
        self._late = Fraction(0)
        self.mended.add(float(due), float(due + length))
        return due


class Sampler:
    """Takes the first picture at or after each k / fps seconds, each picture at most once.

    Args:
        fps: pictures wanted per second; None takes all.
    """

    def __init__(self, fps: float | None) -> None:
        self._fps = None if fps is None else Fraction(fps).limit_denominator(10**6)
        self._due = 0

    @property
    def takes_all(self) -> bool:
        """Whether every picture is wanted."""
        return self._fps is None

    def turn(self, time: Fraction) -> int:
        """The k with k / fps <= `time` < (k + 1) / fps, in s."""
        return math.floor(time * (self._fps or 0))

    def takes(self, time: Fraction) -> bool:
        """Whether the picture at `time` (s, rising from call to call) is wanted."""
        turn = self.turn(time)
        if not self.takes_all and turn < self._due:
            return False
        self._due = turn + 1
        return True

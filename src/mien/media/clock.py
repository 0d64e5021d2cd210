"""The time of each picture, and which pictures a lower rate takes."""

from __future__ import annotations

import math
from fractions import Fraction

import av

__all__ = ["LONG_STEP", "Gaps", "PictureClock", "Sampler"]

LONG_STEP = 10
"""Seconds; a larger step of the times is a gap."""

_ALL_GAPS = 3600  # s
_SMALLEST_STEP = Fraction(1, 1000)  # s


class Gaps:
    """Believes in gaps of an hour in all; beyond that, times that jump are taken for damage.

    So a few packets cannot make a file last for days.
    """

    def __init__(self) -> None:
        self._left = Fraction(_ALL_GAPS)

    def allows(self, step: Fraction) -> bool:
        """Whether a step of so many seconds is believed; counts it if it is a gap."""
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
    """

    def __init__(self, origin: Fraction, rate: Fraction | None, in_order: bool = False) -> None:
        self._in_order = in_order
        self._origin, self._gaps = origin, Gaps()
        self.step = min(1 / rate, Fraction(LONG_STEP)) if rate else Fraction(1, 25)
        self._last: Fraction | None = None
        self.problem: str | None = None

    @property
    def end(self) -> Fraction:
        """Time up to which the last picture stands, in s."""
        return Fraction(0) if self._last is None else self._last + self.step

    def time(self, frame: av.VideoFrame) -> Fraction | None:
        """Seconds from the start; None for a picture before it, which an edit has cut off."""
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
        """The k in whose stretch of time `time` (s) lies."""
        return math.floor(time * (self._fps or 0))

    def takes(self, time: Fraction) -> bool:
        """Whether the picture at `time` (s, rising from call to call) is wanted."""
        turn = self.turn(time)
        if not self.takes_all and turn < self._due:
            return False
        self._due = turn + 1
        return True

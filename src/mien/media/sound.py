"""Decoded sound of any rate and layout -> 16 kHz mono float32, true to its presentation times."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from mien.media.clock import Gaps

__all__ = ["RATE", "SoundStream", "mono"]

RATE = 16_000
"""Samples a second of all sound in mien."""

_RATES = range(1000, 1_000_001)  # Hz; a header that says another one cannot be true
_JITTER = Fraction(15, 1000)  # s; smaller steps between packets are rounding of the container
_RESTART = 5  # s; a larger step back is a new start of the clock, not an overlap
_PIECE = 10 * RATE  # samples of silence at a time
_AT_ONCE = 0.25  # s of sound that is worked on together: frames are short, and many
_WEIGHTS = {"FC": 1.0, "LFE": 0.0, "LFE2": 0.0, "FL": 0.7071, "FR": 0.7071}  # ITU-R BS.775
_SURROUND = 0.5
_PLANES = 8  # AV_NUM_DATA_POINTERS
_BROKEN = (av.error.FFmpegError, OSError, ValueError, MemoryError)

Floats = NDArray[np.float32]


def mono(frame: av.AudioFrame) -> Floats:
    """Mix the channels of a frame to one, (N,) float32; the loudest possible sound stays at 1.

    One or two channels, or unnamed ones, are averaged; more are weighted as in ITU-R BS.775 (the
    centre, which carries speech, most; the subwoofer not at all).
    """
    count = len(frame.layout.channels)
    if frame.format.is_planar and count < _PLANES:
        values = frame.to_ndarray()
    else:
        values = _interleaved(frame).reshape(-1, count).T
    floats = _unit(np.asarray(values))
    if count == 1:
        return np.asarray(floats[0])
    names = [channel.name for channel in frame.layout.channels]
    weights = np.array([_WEIGHTS.get(name, _SURROUND) for name in names], np.float32)
    if count == 2 or not weights.any() or not set(names) & set(_WEIGHTS):
        weights = np.ones(count, np.float32)
    return np.asarray(weights / weights.sum() @ floats, np.float32)


def _interleaved(frame: av.AudioFrame) -> NDArray[Any]:
    """Samples (N*C,) of a frame, those of one time together.

    PyAV 18 reads beyond the list of planes where there are as many as FFmpeg has places for.
    """
    if not frame.format.is_planar:
        return frame.to_ndarray().ravel()
    name, rate = frame.format.packed.name, frame.sample_rate
    resampler = av.AudioResampler(format=name, layout=frame.layout, rate=rate)
    return np.concatenate([one.to_ndarray().ravel() for one in resampler.resample(frame)])


def _unit(values: NDArray[Any]) -> Floats:
    """Samples of any stored type as float32 in [-1, 1]."""
    with np.errstate(over="ignore", invalid="ignore"):  # of doubles; they are found later
        floats = values.astype(np.float32)
    if values.dtype == np.uint8:
        floats -= 128
        floats /= 128
    elif values.dtype.kind == "i":
        floats /= 2.0 ** (8 * values.dtype.itemsize - 1)
    return floats


class SoundStream:
    """Turns decoded frames into one run of samples without holes.

    Sample n of the run belongs to the time `start + n / RATE`. Where the frames leave a gap there
    is silence; where they overlap the later one loses its beginning.

    Args:
        origin: presentation time of the file's start in s.
    """

    def __init__(self, origin: Fraction) -> None:
        self._origin, self._gaps = origin, Gaps()
        self._resampler: av.AudioResampler | None = None
        self._rate = 0
        self._due: Fraction | None = None  # time at which the next frame should begin
        self._drop = 0  # samples still to be left out, because they were there before
        self._held: list[Floats] = []  # follow on one another; not worked on yet
        self._count = 0  # samples of these
        self.start: Fraction | None = None
        self.given = 0
        self.odd_samples = False
        self.odd_rate: int | None = None
        self.damaged = 0  # frames left out
        self.jumped = False

    @property
    def end(self) -> Fraction:
        """Time up to which sound was given out, in s."""
        return Fraction(0) if self.start is None else self.start + Fraction(self.given, RATE)

    def push(self, frame: av.AudioFrame) -> Iterator[Floats]:
        """Take a decoded frame; give the pieces of the run that are now ready."""
        rate = frame.sample_rate
        if rate not in _RATES:
            self.odd_rate = rate
            return
        try:
            samples = mono(frame)
        except _BROKEN:
            self.damaged += 1
            return
        begin = self._begin(frame)
        if begin < 0:  # before the start of the edit
            early = min(len(samples), -int(begin * rate // 1))
            samples, begin = samples[early:], begin + Fraction(early, rate)
        if not len(samples):
            return
        if self.start is None:
            self.start = self._due = max(begin, Fraction(0))
        assert self._due is not None  # set together with `start`
        if abs(begin - self._due) > _JITTER or rate != self._rate:
            yield from self.flush()
            if abs(begin - self._due) > _JITTER:
                self._due = begin
            yield from self._move_to(self._due)
            self._rate = rate
        self._held.append(samples)
        self._count += len(samples)
        self._due += Fraction(len(samples), rate)
        if self._count >= _AT_ONCE * rate:
            yield from self._work()

    def flush(self) -> Iterator[Floats]:
        """What is held, here and by the resampler."""
        yield from self._work()
        if self._resampler is not None:
            frames = self._resampler.resample(None)
            self._resampler = None
            yield from self._out(frames)

    def _work(self) -> Iterator[Floats]:
        if self._held:
            samples = self._clean(np.concatenate(self._held))
            self._held, self._count = [], 0
            yield from self._resample(samples)

    def _begin(self, frame: av.AudioFrame) -> Fraction:
        if frame.pts is None or frame.time_base is None:
            return self._due or Fraction(0)
        begin = frame.pts * frame.time_base - self._origin
        due = self._due if self._due is not None else Fraction(0)
        if begin < due - _RESTART or not self._gaps.allows(begin - due):
            self.jumped = True
            self._origin += begin - due
            begin = due
        return Fraction(begin)

    def _clean(self, samples: Floats) -> Floats:
        if not np.isfinite(samples).all():
            self.odd_samples = True
            samples = np.where(np.isfinite(samples), samples, np.float32(0))
        return np.clip(samples, -1, 1)

    def _move_to(self, time: Fraction) -> Iterator[Floats]:
        """Fill with silence up to `time`, or leave out what comes again."""
        assert self.start is not None  # a frame has been seen
        missing = round((time - self.start) * RATE) - self.given
        self._drop = max(0, -missing)
        while missing > 0:
            piece = np.zeros(min(missing, _PIECE), np.float32)
            missing -= len(piece)
            self.given += len(piece)
            yield piece

    def _resample(self, samples: Floats) -> Iterator[Floats]:
        if self._rate == RATE:
            yield from self._keep(samples)
            return
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
        frame = av.AudioFrame.from_ndarray(samples[None], "fltp", "mono")
        frame.sample_rate = self._rate
        yield from self._out(self._resampler.resample(frame))

    def _out(self, frames: list[av.AudioFrame]) -> Iterator[Floats]:
        for frame in frames:
            yield from self._keep(np.clip(frame.to_ndarray()[0], -1, 1))

    def _keep(self, samples: Floats) -> Iterator[Floats]:
        left_out = min(self._drop, len(samples))
        self._drop -= left_out
        samples = samples[left_out:]
        self.given += len(samples)
        if len(samples):
            yield samples

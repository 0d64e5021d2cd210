"""Convert decoded sound of any rate and layout to 16 kHz mono float32 at its exact times."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from mien.media.clock import JITTER, SoundClock
from mien.media.mix import Levels, Mixer, channels, mixed
from mien.media.stretches import Stretches

__all__ = ["RATE", "SoundStream", "mono"]

RATE = 16_000
"""Samples a second of all sound in mien."""

_RATES = range(1000, 1_000_001)  # Hz; a header with any other rate is wrong
_PIECE = 10 * RATE  # samples of silence at a time
_AT_ONCE = 0.25  # s of sound that is worked on together: frames are short, and many
_FORMS = 100  # that are kept
_BROKEN = (av.error.FFmpegError, OSError, ValueError, MemoryError)

Floats = NDArray[np.float32]


def mono(frame: av.AudioFrame) -> Floats:
    """Mix the channels of one frame to one, (N,) float32; see `mien.media.mix.mixed`."""
    return mixed(channels(frame), [channel.name for channel in frame.layout.channels])


class SoundStream:
    """Turns decoded frames into one run of samples without gaps.

    Sample n of the run belongs to the time `start + n / RATE`. Where the frames leave a gap there
    is silence; where they overlap they run on (`mien.media.clock.SoundClock`).

    Args:
        origin: presentation time of the file's start in s.
        channel: see `mien.media.mix.Mixer`.
        timeless: see `mien.media.clock.SoundClock`.

    Attributes:
        forms: (s, samples a second, channels) of the first frame, and of each that has others.
    """

    def __init__(self, origin: Fraction, channel: str = "mix", timeless: bool = False) -> None:
        self._clock, self._mixer = SoundClock(origin, timeless), Mixer(channel)
        self._resampler: av.AudioResampler | None = None
        self._rate = 0
        self._drop = 0  # samples still to be left out, because they were there before
        self._held: list[Floats] = []  # follow on one another; not worked on yet
        self._count = 0  # samples of these
        self.start: Fraction | None = None
        self.given = 0
        self.odd_samples = False
        self.odd_rate: int | None = None
        self.damaged = 0  # frames left out
        self.forms: list[tuple[float, int, int]] = []

    @property
    def mended(self) -> Stretches:
        """Where frames overlapped or jumped, and were made to run on."""
        return self._clock.mended

    @property
    def levels(self) -> Levels:
        """How loud each channel was; empty unless that is asked for (`mien.media.mix.Mixer`)."""
        return self._mixer.levels

    @property
    def turned(self) -> Stretches:
        """Where channels were of opposite phase."""
        return self._mixer.turned

    @property
    def end(self) -> Fraction:
        """Time in s up to which sound was returned."""
        return Fraction(0) if self.start is None else self.start + Fraction(self.given, RATE)

    def push(self, frame: av.AudioFrame) -> Iterator[Floats]:
        """Take a decoded frame; give the pieces of the run that are now ready."""
        rate = frame.sample_rate
        if rate not in _RATES:
            self.odd_rate = rate
            return
        begin = self._clock.begin(frame, Fraction(frame.samples, rate))
        try:
            samples = self._mixer.mono(frame, float(max(begin, Fraction(0))))
        except _BROKEN:
            self.damaged += 1
            return
        if begin < 0:  # before the start of the edit
            early = min(len(samples), -int(begin * rate // 1))
            samples, begin = samples[early:], begin + Fraction(early, rate)
        if not len(samples):
            return
        self._note_form(begin, frame)
        if self.start is None:
            self.start = self._clock.due = max(begin, Fraction(0))
        assert self._clock.due is not None  # set together with `start`
        if abs(begin - self._clock.due) > JITTER or rate != self._rate:
            yield from self.flush()
            if abs(begin - self._clock.due) > JITTER:
                self._clock.due = begin
            yield from self._move_to(self._clock.due)
            self._rate = rate
        self._held.append(samples)
        self._count += len(samples)
        self._clock.due += Fraction(len(samples), rate)
        if self._count >= _AT_ONCE * rate:
            yield from self._work()

    def _note_form(self, begin: Fraction, frame: av.AudioFrame) -> None:
        form = (frame.sample_rate, len(frame.layout.channels))
        new = not self.forms or self.forms[-1][1:] != form
        if new and len(self.forms) < _FORMS:
            self.forms.append((float(begin), *form))

    def flush(self) -> Iterator[Floats]:
        """The samples that are still pending, here and in the resampler."""
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

    def _clean(self, samples: Floats) -> Floats:
        if not np.isfinite(samples).all():
            self.odd_samples = True
            samples = np.where(np.isfinite(samples), samples, np.float32(0))
        return np.clip(samples, -1, 1)

    def _move_to(self, time: Fraction) -> Iterator[Floats]:
        """Fill with silence up to `time`, or drop what would come twice."""
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

"""Which stretches of sound the voice branch looks at, for training and use alike.

Windows start on a grid from time zero; their length, their step and how much speech they must hold
go with what is made of them, see `KINDS`. Overlapping windows lie wholly within the sound, but
for a file shorter than a window, which is one window. Windows that follow one another without
overlap cover all of the sound: the last one is as short as what is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.features.log_mel import RATE, log_mel
from mien.features.speech import FRAME, SpeechDetector
from mien.features.speech_functionals import speech_functionals
from mien.features.speech_stretches import SpeechStretches
from mien.features.whisper_mel import whisper_mel
from mien.features.windows import GRID

__all__ = ["KINDS", "Kind", "VoiceWindows", "Window", "gives_rows", "windows_of"]

_STEP = int(GRID * RATE)
_SPEECH = 0.5  # probability from which a frame is speech (the default of Silero VAD)
_ENOUGH = 0.5  # s of speech in a window
_SHORTEST = RATE // 4  # samples; less sound than this is no window

Floats = NDArray[np.float32]


class Window(NamedTuple):
    """A stretch of sound that holds speech.

    Args:
        start: seconds.
        values: what its kind makes of it.
        speech: (K,) whether each frame of `FRAME` samples is speech, from the start on.
    """

    start: float
    values: Floats
    speech: NDArray[np.bool_]

    def spoken_rows(self, count: int, seconds: float) -> NDArray[np.bool_]:
        """(count,) whether there is speech in the middle of rows that are `seconds` long."""
        middles = (np.arange(count) + 0.5) * (seconds * RATE / FRAME)
        return np.asarray(self.speech[np.minimum(middles.astype(int), len(self.speech) - 1)])


Windows = list[Window]


@dataclass(frozen=True)
class Kind:
    """Windows and what is made of each.

    Args:
        length: samples of a window.
        describe: sound (N,) float32 -> array.
        repeated: whether a file that is shorter than a window is repeated to its length.
        step: samples from the start of a window to that of the next.
        enough: seconds of speech that a window must hold.
        row: seconds of a row, where the network gives rows of each window; 0 where the window
            is a row itself.
    """

    length: int
    describe: Callable[[Floats], Floats]
    repeated: bool = False
    step: int = _STEP
    enough: float = _ENOUGH
    row: float = 0.0

    @property
    def follow(self) -> bool:
        """Whether windows follow one another without overlap."""
        return self.step >= self.length

    @property
    def middle(self) -> float:
        """Seconds from the start of a window to its middle, the time that it counts for."""
        return self.length / RATE / 2


KINDS = {
    "log_mel": Kind(2 * RATE, log_mel, repeated=True),
    "speech_functionals": Kind(3 * RATE, speech_functionals),
    "whisper_mel": Kind(4 * RATE, whisper_mel, step=4 * RATE, enough=0.1, row=0.02),
}
"""By the name of the extractor that gives them."""


def gives_rows(extractor: str) -> bool:
    """Whether the network that hears windows of this name gives rows of each."""
    return extractor in KINDS and KINDS[extractor].row > 0


class VoiceWindows:
    """Turns a stream of sound into descriptions of the windows that hold speech.

    Sound has to come in order; a gap is filled with silence. Memory does not grow.

    Args:
        kind: a name in `KINDS`.
    """

    def __init__(self, kind: str) -> None:
        self.kind = KINDS[kind]
        self._detector = SpeechDetector()
        self._sound = np.zeros(0, np.float32)  # from sample self._first on
        self._first = 0
        self._frames = 0  # speech decisions made so far
        self._speech: dict[int, bool] = {}
        self._any = False
        self._heard = 0  # frames of speech so far
        self._spoken = SpeechStretches()

    @property
    def speech(self) -> float:
        """Seconds of speech so far."""
        return self._heard * FRAME / RATE

    @property
    def stretches(self) -> list[tuple[float, float]]:
        """When there was speech so far, in s; short pauses are part of it."""
        return self._spoken.spans()

    def push(self, sound: Floats, start: float) -> Windows:
        """Take (N,) float32 mono at 16 kHz that starts at `start` seconds.

        Returns:
            the windows that are now complete and hold speech.
        """
        length = self.kind.length
        heard = self._first + len(self._sound)
        gap = round(start * RATE) - heard
        early: Windows = []
        if gap > 4 * length:
            early, gap = self._leap(gap)
        sound = np.concatenate([np.zeros(max(0, gap), np.float32), sound[max(0, -gap) :]])
        for part in range(0, len(sound), RATE * 10):
            self._take(sound[part : part + RATE * 10])
        return early + self._complete()

    def _leap(self, gap: int) -> tuple[Windows, int]:
        """Over a long gap: end what was heard with silence, then go on nearer to the new sound.

        Returns:
            the windows that end in the gap, and what is left of it.
        """
        length = self.kind.length
        self._take(np.zeros(length, np.float32))
        windows = self._complete()
        whole = math.lcm(self.kind.step, FRAME)
        steps = (gap - 2 * length) // whole * whole
        self._first += steps
        self._frames += steps // FRAME
        self._spoken.leap(steps // FRAME)
        self._speech = {frame + steps // FRAME: v for frame, v in self._speech.items()}
        return windows, gap - length - steps

    def _take(self, sound: Floats) -> None:
        speech = np.asarray(self._detector.push(sound)) >= _SPEECH
        self._spoken.push(sound, speech)
        for spoken in speech.tolist():
            self._speech[self._frames] = spoken
            self._heard += self._speech[self._frames]
            self._frames += 1
        self._sound = np.concatenate([self._sound, sound])

    def _complete(self) -> Windows:
        result: Windows = []
        done, length = 0, self.kind.length
        while len(self._sound) - done >= length:
            result += self._window(self._sound[done : done + length], self._first + done)
            done += self.kind.step
            self._any = True
        self._sound, self._first = self._sound[done:], self._first + done
        for frame in [f for f in self._speech if (f + 1) * FRAME <= self._first]:
            del self._speech[frame]
        return result

    def _window(self, sound: Floats, begin: int, enough: float | None = None) -> Windows:
        """The window of sound (N,) that starts at a sample, or none where it is not speech."""
        frames = range(begin // FRAME, (begin + len(sound)) // FRAME)
        speech = np.array([self._speech.get(frame, False) for frame in frames], bool)
        if speech.sum() * FRAME / RATE < (self.kind.enough if enough is None else enough):
            return []
        return [Window(begin / RATE, self.kind.describe(sound), speech)]

    @property
    def heard(self) -> float:
        """Seconds of sound that came so far."""
        return (self._first + len(self._sound)) / RATE

    def pending(self) -> Windows:
        """The window that is not complete, as far as it was heard; for kinds that follow."""
        if not self.kind.follow or len(self._sound) < _SHORTEST:
            return []
        return self._window(self._sound, self._first)

    def finish(self) -> Windows:
        """The end of the sound, or the one window of a file that was too short for a whole one."""
        if len(self._sound) < _SHORTEST or (self._any and not self.kind.follow):
            return []
        self._take(np.zeros(-len(self._sound) % FRAME, np.float32))
        if self.kind.follow:
            return self._window(self._sound, self._first)
        kind, seconds = self.kind, len(self._sound) / RATE
        whole = np.resize(self._sound, kind.length) if kind.repeated else self._sound
        windows = self._window(self._sound, 0, min(kind.enough, seconds / 2))
        return [window._replace(values=kind.describe(whole)) for window in windows]


def windows_of(sound: Floats, kind: str) -> Windows:
    """All windows of a whole recording (N,) of one of the `KINDS`."""
    cutter = VoiceWindows(kind)
    return [*cutter.push(sound, 0.0), *cutter.finish()]

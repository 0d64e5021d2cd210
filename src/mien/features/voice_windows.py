"""Which stretches of sound the voice branch looks at, for training and use alike.

Windows start every 0.5 s from time zero; their length goes with what is made of them, see `KINDS`.
One counts if at least 0.5 s of it is speech. A file shorter than a window is one window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.features.log_mel import RATE, log_mel
from mien.features.speech import FRAME, SpeechDetector
from mien.features.speech_functionals import speech_functionals
from mien.windows import GRID

__all__ = ["KINDS", "Kind", "VoiceWindows", "windows_of"]

_STEP = int(GRID * RATE)
_SPEECH = 0.5  # probability from which a frame is speech (the default of Silero VAD)
_ENOUGH = 0.5  # s of speech in a window
_SHORTEST = RATE // 4  # samples; less sound than this is no window

Floats = NDArray[np.float32]
Windows = list[tuple[float, Floats]]


@dataclass(frozen=True)
class Kind:
    """Windows and what is made of each.

    Args:
        length: samples of a window.
        describe: sound (N,) float32 -> array.
        repeated: whether a file that is shorter than a window is repeated to its length.
    """

    length: int
    describe: Callable[[Floats], Floats]
    repeated: bool = False

    @property
    def middle(self) -> float:
        """Seconds from the start of a window to its middle, the time that it counts for."""
        return self.length / RATE / 2


KINDS = {
    "log_mel": Kind(2 * RATE, log_mel, repeated=True),
    "speech_functionals": Kind(3 * RATE, speech_functionals),
}
"""By the name of the extractor that gives them."""


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

    @property
    def speech(self) -> float:
        """Seconds of speech so far."""
        return self._heard * FRAME / RATE

    def push(self, sound: Floats, start: float) -> Windows:
        """Take (N,) float32 mono at 16 kHz that starts at `start` seconds.

        Returns:
            (start in s, description) of each window that is now complete and holds speech.
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
        steps = (gap - 2 * length) // (_STEP * FRAME) * (_STEP * FRAME)
        self._first += steps
        self._frames += steps // FRAME
        self._speech = {frame + steps // FRAME: v for frame, v in self._speech.items()}
        return windows, gap - length - steps

    def _take(self, sound: Floats) -> None:
        for probability in self._detector.push(sound):
            self._speech[self._frames] = bool(probability >= _SPEECH)
            self._heard += self._speech[self._frames]
            self._frames += 1
        self._sound = np.concatenate([self._sound, sound])

    def _complete(self) -> Windows:
        result: Windows = []
        done, length = 0, self.kind.length
        while len(self._sound) - done >= length:
            begin = self._first + done
            if self._spoken(begin, begin + length) >= _ENOUGH:
                window = self._sound[done : done + length]
                result.append((begin / RATE, self.kind.describe(window)))
            done += _STEP
            self._any = True
        self._sound, self._first = self._sound[done:], self._first + done
        for frame in [f for f in self._speech if (f + 1) * FRAME <= self._first]:
            del self._speech[frame]
        return result

    def _spoken(self, begin: int, end: int) -> float:
        frames = range(begin // FRAME, end // FRAME)
        return sum(self._speech.get(frame, False) for frame in frames) * FRAME / RATE

    def finish(self) -> Windows:
        """The one window of a file that was too short for a whole one."""
        if self._any or len(self._sound) < _SHORTEST:
            return []
        self._take(np.zeros(-len(self._sound) % FRAME, np.float32))
        if self._spoken(0, len(self._sound)) < min(_ENOUGH, len(self._sound) / RATE / 2):
            return []
        kind = self.kind
        whole = np.resize(self._sound, kind.length) if kind.repeated else self._sound
        return [(0.0, kind.describe(whole))]


def windows_of(sound: Floats, kind: str) -> Windows:
    """All windows of a whole recording (N,) of one of the `KINDS`."""
    cutter = VoiceWindows(kind)
    return [*cutter.push(sound, 0.0), *cutter.finish()]

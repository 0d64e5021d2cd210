"""When there is speech: frames of a speech detector as stretches of time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.features.log_mel import RATE
from mien.features.speech import FRAME

__all__ = ["SpeechStretches"]

_PAUSE = 0.5  # s within speech that are part of it
_SHORT = 0.1  # s of speech on its own that are none
_SOFT = 1 / 8  # of the loudness where speech is found, below which it has not begun
_BEFORE = 22  # frames, 0.7 s, that a beginning is looked for in

Floats = NDArray[np.float32]


class SpeechStretches:
    """Stretches of speech, as few numbers as there are stretches.

    The detector finds a word some syllables after it began. So a stretch is drawn back to where
    the sound rose out of what was before; where it did not, as over music, it begins where it was
    found.
    """

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._levels: list[float] = []  # of the latest frames
        self._next = 0  # number of the frame that comes next
        self._runs: list[tuple[int, int]] = []  # frames, first and behind the last

    def push(self, sound: Floats, speech: NDArray[np.bool_]) -> None:
        """Take (N,) samples that follow the ones before, and the decisions that they complete."""
        sound = np.concatenate([self._rest, sound])
        whole = sound[: len(speech) * FRAME].reshape(len(speech), FRAME)
        self._rest = sound[len(speech) * FRAME :]
        loud = np.sqrt((whole.astype(np.float64) ** 2).mean(1)).tolist()
        for level, spoken in zip(loud, speech.tolist(), strict=True):
            if spoken:
                self._speak(level)
            self._levels = [*self._levels[1 - _BEFORE :], level]
            self._next += 1

    def leap(self, frames: int) -> None:
        """Pass over so many frames of silence."""
        self._next += frames
        self._levels = [0.0] * len(self._levels)

    def spans(self) -> list[tuple[float, float]]:
        """When there was speech so far, in s; short pauses are part of it."""
        least = round(_SHORT * RATE / FRAME)
        runs = [(a, b) for a, b in self._runs if b - a > least]
        return [(a * FRAME / RATE, b * FRAME / RATE) for a, b in runs]

    def _speak(self, level: float) -> None:
        frame, first = self._next, self._next
        if self._runs and (frame - self._runs[-1][1]) * FRAME / RATE <= _PAUSE:
            first, _ = self._runs.pop()
        else:
            first = frame - self._before(level)
        self._runs.append((first, frame + 1))

    def _before(self, level: float) -> int:
        """Frames since the sound rose to what is speech now; 0 where it did not rise."""
        for count, before in enumerate(reversed(self._levels)):
            if before <= _SOFT * level:
                return count
        return len(self._levels) if self._next <= _BEFORE else 0

"""Answers while it happens: a camera and a microphone pushed in piece by piece."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.analysis import Options
from mien.bundle import Bundle, load
from mien.decide import span
from mien.errors import UsageError
from mien.evidence import Evidence
from mien.media import RATE
from mien.reading import Said
from mien.session import Session
from mien.types import Span
from mien.windows import GRID, WindowStats

__all__ = ["LONGEST", "Live"]

LONGEST = 60.0
"""Seconds an answer may look back."""


class Live:
    """The same path as `mien.analyze`, fed by the caller.

    Args:
        model: a bundle, its folder or name; None is the default.
        window: seconds the answer looks back, a multiple of 0.5.
        people: follow at most so many faces.
        fps: pictures looked at in each second; None is the bundle's rate.

    Example:
        >>> live = mien.Live()
        >>> live.push_frame(rgb, t)          # (H,W,3) uint8, seconds
        >>> live.push_sound(samples, t)      # (N,) float32 mono at 16 kHz, time of the first
        >>> live.latest()                    # Span: label, probabilities, branches
        >>> live.people()                    # {1: box}: who is in the last picture, and where
    """

    def __init__(
        self,
        model: Bundle | str | os.PathLike[str] | None = None,
        *,
        window: float = 2.0,
        people: int | None = None,
        fps: float | None = None,
    ) -> None:
        if window > LONGEST:
            raise UsageError(f"window {window:g}: must be at most {LONGEST:g} s")
        Options(fps=fps, window=window, people=people)  # raises what is wrong with them
        self.bundle = model if isinstance(model, Bundle) else load(model)
        self.window = window
        self._session = Session(self.bundle, max_people=people, every=0)
        self._step = 1 / (fps or self.bundle.fps)
        self._due = -np.inf
        self._frame = self._sound = -np.inf

    def push_frame(self, rgb: NDArray[np.uint8], t: float) -> None:
        """Show one upright picture.

        Pictures that come faster than `fps` are passed over.

        Raises:
            UsageError: not (H,W,3) uint8, or earlier than the picture before.
        """
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
            raise UsageError(f"frame: {rgb.dtype} {rgb.shape}; wanted uint8 (H, W, 3) RGB")
        if t < self._frame:
            raise UsageError(f"frame at {t:g} s comes after one at {self._frame:g} s")
        self._frame = t
        if t >= self._due:
            self._due = (np.floor(t / self._step + 1e-6) + 1) * self._step
            self._session.push_frames([rgb], np.array([t]))
            self._forget()

    def push_sound(self, samples: NDArray[np.float32], t: float) -> None:
        """Let it hear (N,) float32 mono samples at 16 kHz, the first of them at `t` seconds.

        Raises:
            UsageError: not one-dimensional float32.
        """
        if samples.dtype != np.float32 or samples.ndim != 1:
            raise UsageError(f"sound: {samples.dtype} {samples.shape}; wanted float32 (N,)")
        self._sound = t + len(samples) / RATE
        self._session.push_sound(samples, t)
        self._forget()

    def latest(self) -> Span | None:
        """The answer for the last `window` seconds; None before anything came in."""
        now = max(self._frame, self._sound)
        if not np.isfinite(now):
            return None
        start = np.floor(max(0.0, now - self.window) / GRID) * GRID
        session = self._session
        seen = [_between(t.evidence, start, now) for t in session.tracks.values()]
        nobody = _between(self.bundle.evidence("face"), start, now)
        face = max([nobody, *seen], key=lambda found: sum(s.n for s in found.values() if s))
        parts = face | _between(session.voice, start, now) | _between(session.scene, start, now)
        found = {branch: parts[branch] for branch in self.bundle.spec.branches}
        return span(self.bundle, float(start), float(now), found)

    def people(self) -> dict[int, NDArray[np.float32]]:
        """The faces in the last picture that was looked at.

        Returns:
            {number from 1: box}; a face keeps its number while it is followed. A box is (4,) x0,
            y0, x1, y1 in pixels of that picture, not smoothed, which would take the next one.
        """
        return {number + 1: box for number, box in self._session.seen().items()}

    def _forget(self) -> None:
        """Drop what no answer will look back to, so that memory does not grow."""
        oldest = int((max(self._frame, self._sound) - self.window - 10) / GRID)
        self._session.forget(oldest)


def _between(
    evidence: Mapping[str, Evidence], start: float, end: float
) -> dict[str, Said | WindowStats | None]:
    return {branch: part.between(start, end) for branch, part in evidence.items()}

"""Answers while it happens: a camera and a microphone pushed in piece by piece."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.features.windows import GRID
from mien.inference.aggregation import BranchOutput
from mien.inference.analysis import Options
from mien.inference.bundle import Bundle, load
from mien.inference.evidence import Evidence
from mien.inference.session import Session, Track
from mien.inference.speaking.who import OFF_SCREEN, who_speaks
from mien.inference.stillness import candidates
from mien.inference.timeline import span
from mien.media import RATE
from mien.types import LivePerson, Span, Speaker

__all__ = ["LONGEST", "Live"]

Found = dict[str, BranchOutput | None]

_BEFORE = 4.0  # s of speech before the window that help to tell who speaks in it
LONGEST = 60.0
"""Seconds an answer may look back."""


@dataclass(frozen=True)
class _Moment:
    """The time that answers go by, in s, what each face says in it, and who is the main person.

    `speaker` is who speaks, by number or off screen; None where nobody does or it is not known.
    """

    start: float
    now: float
    said: dict[int, Found]
    main: int | None
    speaker: Speaker | None


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
        >>> live.people()                    # {1: LivePerson}: who is in the last picture, where,
        ...                                  # and the label of each
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
        self._last: _Moment | None = None
        self._cell = -1  # of the time grid that it was last told in who speaks
        self._speaker: int | None = None  # number of the track, OFF_SCREEN, or None

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
        self._frame, self._last = t, None
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
        """The answer for the last `window` seconds; None before anything came in.

        Its face is that of the main person: whoever speaks, where that is known, or else the one
        who was seen most, and no photograph's where another face moves
        (`mien.inference.stillness`).
        """
        if (moment := self._moment()) is None:
            return None
        start, now, session = moment.start, moment.now, self._session
        nobody = _between(self.bundle.evidence("face"), start, now)
        face = nobody if moment.main is None else moment.said[moment.main]
        parts = face | _between(session.voice, start, now) | _between(session.scene, start, now)
        outputs = {branch: parts[branch] for branch in self.bundle.spec.branches}
        return span(self.bundle, start, now, outputs, speaker=moment.speaker)

    def people(self) -> dict[int, LivePerson]:
        """The faces in the last picture that was looked at, the main person first.

        Returns:
            {number from 1: its box, and the label of this face alone in the last `window` seconds};
            a face keeps its number while it is followed.
        """
        if (moment := self._moment()) is None:
            return {}
        people = {}
        seen = self._session.seen()
        for number in sorted(seen, key=lambda number: (number != moment.main, number)):
            outputs = moment.said.get(number, {})
            said = span(self.bundle, moment.start, moment.now, outputs)
            person = LivePerson(number + 1, seen[number], said.label, said.probabilities)
            people[person.id] = person
        return people

    def _moment(self) -> _Moment | None:
        """What all answers go by until more comes in; None before anything came in."""
        now = max(self._frame, self._sound)
        if self._last is None and np.isfinite(now):
            start = float(np.floor(max(0.0, now - self.window) / GRID) * GRID)
            tracks = self._session.tracks
            said = {number: _between(t.evidence, start, now) for number, t in tracks.items()}
            speaker = self._speaks(start, float(now))
            main = _main(tracks, said)
            if speaker is not None and speaker in tracks:
                main = speaker
            self._last = _Moment(start, float(now), said, main, _named(speaker))
        return self._last

    def _speaks(self, start: float, now: float) -> int | None:
        """Number of the track that speaks, or `OFF_SCREEN`; told anew for each half second."""
        cell = int(now / GRID)
        if cell != self._cell:
            session = self._session
            self._cell, oldest = cell, start - _BEFORE
            speech = [(max(a, oldest), b) for a, b in session.speech() if b > oldest]
            tracks = [track for track in session.tracks.values() if track.mouth.seen]
            places = who_speaks(session.sound, speech, [track.mouth for track in tracks])
            recent = [place for k, place in places.items() if start <= (k + 0.5) * GRID < now]
            place = max(recent, key=recent.count, default=None) if tracks else None
            self._speaker = tracks[place].id if place is not None and place >= 0 else place
        return self._speaker

    def _forget(self) -> None:
        """Drop what no answer will look back to, so that memory does not grow."""
        self._last = None
        oldest = int((max(self._frame, self._sound) - self.window - 10) / GRID)
        self._session.forget(oldest)


def _named(speaker: int | None) -> Speaker | None:
    """As an answer has it."""
    if speaker == OFF_SCREEN:
        return "off screen"
    return None if speaker is None else speaker + 1


def _main(tracks: Mapping[int, Track], said: Mapping[int, Found]) -> int | None:
    """Number of the face that was seen most, if any was; a still one only where no other was."""
    sights = {number: sum(s.n for s in outputs.values() if s) for number, outputs in said.items()}
    for faces in (candidates(list(tracks.values())), tracks.values()):
        there = [track.id for track in faces if sights[track.id]]
        if there:
            return max(there, key=lambda number: sights[number])
    return None


def _between(evidence: Mapping[str, Evidence], start: float, end: float) -> Found:
    return {branch: part.between(start, end) for branch, part in evidence.items()}

"""Scenes made of the videos of actors, in which it is known who speaks when and who is in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.features.voice_windows import VoiceWindows
from mien.inference.bundle import Bundle
from mien.inference.persons import people
from mien.inference.session import Session, Track
from mien.inference.speaking.model import SpeakingModel
from mien.inference.speaking.mouth import MouthMotion
from mien.media import RATE, open_media

__all__ = ["FPS", "Part", "Scene", "Take", "make_scene", "speaker_of"]

FPS = 25.0
"""Pictures a second that are taken of a video."""
_SIZE = (640, 360)
_TURNS = 4  # parts of a scene
_SLOWER = 3  # times that somebody who listens moves more slowly than in the video

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Take:
    """One video of an actor.

    Args:
        actor: who it is.
        path: the file.
    """

    actor: str
    path: Path

    @cached_property
    def sound(self) -> Floats:
        """(N,) at 16 kHz, from second 0 on."""
        with open_media(self.path) as media:
            chunks = [chunk for chunk in media.chunks() if len(chunk.sound)]
        start = np.zeros(round(chunks[0].sound_start * RATE), np.float32)
        return np.concatenate([start, *(chunk.sound for chunk in chunks)])

    @cached_property
    def speech(self) -> list[tuple[float, float]]:
        """Where there is speech, in s."""
        cutter = VoiceWindows("whisper_mel")
        cutter.push(self.sound, 0.0)
        cutter.finish()
        return cutter.stretches

    def pictures(self, listens: bool, times: Doubles) -> list[Picture]:
        """Pictures at these seconds; listening, those outside of the sentence, to and fro."""
        reel = _reel(self.path)
        index = np.minimum((times * FPS).astype(int), len(reel) - 1)
        if listens:
            silent = np.arange(len(reel)) / FPS
            start, end = self.speech[0][0], self.speech[-1][1]
            quiet = np.flatnonzero((silent < start - 0.1) | (silent > end + 0.1))
            parts = np.split(quiet, np.flatnonzero(np.diff(quiet) > 1) + 1)
            longest = max(parts, key=len)
            there = np.concatenate([longest, longest[::-1]])
            index = there[(times * FPS / _SLOWER).astype(int) % len(there)]
        return [reel[k] for k in index]

    @property
    def silence(self) -> float:
        """Seconds of the longest stretch without speech."""
        length = len(_reel(self.path)) / FPS
        return max(self.speech[0][0], length - self.speech[-1][1]) if self.speech else 0.0


@lru_cache(maxsize=200)
def _reel(path: Path) -> tuple[Picture, ...]:
    with open_media(path, fps=FPS) as media:
        return tuple(np.ascontiguousarray(p) for chunk in media.chunks() for p in chunk.frames)


@dataclass(frozen=True)
class Part:
    """A stretch of a scene.

    Args:
        start, end: seconds.
        speaker: the actor who is heard.
        shown: the actors in view.
        speech: (start, end) in s of the scene.
    """

    start: float
    end: float
    speaker: str
    shown: tuple[str, ...]
    speech: tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Scene:
    """A scene after it went the one path that all clips go.

    Args:
        session: what was found.
        parts: what is true.
        places: {actor: left and right border of where they are put}.
    """

    session: Session
    parts: tuple[Part, ...]
    places: dict[str, tuple[float, float]]

    @cached_property
    def people(self) -> list[Track]:
        """As `mien.inference.persons.people` has them."""
        return people(self.session)

    @property
    def speech(self) -> list[tuple[float, float]]:
        """As the session heard it."""
        return self.session.watch.speech or []

    @property
    def mouths(self) -> list[MouthMotion]:
        """Of each person."""
        return [track.mouth for track in self.people]

    def actor(self, track: Track, start: float, end: float) -> str | None:
        """Who it is that a person is in a stretch: by the place."""
        boxes = [b for t, b in zip(track.times, track.boxes, strict=True) if start <= t < end]
        if not boxes:
            return None
        middle = float(np.median([(box[0] + box[2]) / 2 for box in boxes]))
        shown = {a for p in self.parts if p.start < end and p.end > start for a in p.shown}
        fits = [a for a in shown if self.places[a][0] <= middle <= self.places[a][1]]
        return fits[0] if fits else None


def make_scene(
    bundle: Bundle,
    takes: Sequence[Take],
    actors: Sequence[str],
    model: SpeakingModel,
    number: int,
    all_talk: bool,
) -> Scene:
    """A scene of some of these actors; a number always gives the same scene."""
    draw = np.random.default_rng([number, int(all_talk)])
    cast = [str(a) for a in draw.permutation(actors)[: int(draw.integers(2, 4))]]
    away = [a for a in actors if a not in cast]
    beside = bool(draw.random() < 0.5)
    places = _places(cast, draw, beside)
    light = {actor: (draw.uniform(0.7, 1.3), draw.uniform(0.7, 1.4)) for actor in cast}
    session = Session(bundle, speaking=model)
    parts, start = [], 0.0
    for _ in range(_TURNS):
        off = bool(draw.random() < 1 / 3)
        speaker = str(draw.choice(away if off else cast))
        shown = tuple(cast) if beside else (str(draw.choice(cast)) if off else speaker,)
        spoken = _take(takes, speaker, draw)
        length = np.floor(len(spoken.sound) / RATE * bundle.fps) / bundle.fps
        times = np.arange(round(length * bundle.fps)) / bundle.fps
        reels = {a: _shown(takes, a, a == speaker, spoken, all_talk, times, draw) for a in shown}
        frames = [
            _frame(places, light, {a: r[k] for a, r in reels.items()}) for k in range(len(times))
        ]
        session.push_frames(frames, start + times)
        session.push_sound(spoken.sound[: round(length * RATE)], start)
        speech = tuple((start + a, start + min(b, length)) for a, b in spoken.speech)
        parts.append(Part(start, start + length, speaker, shown, speech))
        start += length
    session.finish()
    return Scene(session, tuple(parts), places)


def _take(takes: Sequence[Take], actor: str, draw: np.random.Generator) -> Take:
    choice = [take for take in takes if take.actor == actor and take.speech]
    return choice[int(draw.integers(len(choice)))]


def _shown(
    takes: Sequence[Take],
    actor: str,
    speaks: bool,
    spoken: Take,
    all_talk: bool,
    times: Doubles,
    draw: np.random.Generator,
) -> list[Picture]:
    """The pictures of an actor: of the sentence, of another one, or listening."""
    if speaks:
        return spoken.pictures(False, times)
    if all_talk:
        return _take(takes, actor, draw).pictures(False, times)
    quiet = sorted((t for t in takes if t.actor == actor), key=lambda t: -t.silence)[:8]
    return quiet[int(draw.integers(len(quiet)))].pictures(True, times)


def _places(
    cast: Sequence[str], draw: np.random.Generator, beside: bool
) -> dict[str, tuple[float, float]]:
    strip = _SIZE[0] / len(cast) if beside else _SIZE[0]
    result = {}
    for k, actor in enumerate(cast):
        width = draw.uniform(0.6, 1.0) * min(strip, 460)
        left = (k * strip if beside else 0) + draw.uniform(0, strip - width)
        result[actor] = float(left), float(left + width)
    return result


def _frame(
    places: dict[str, tuple[float, float]],
    light: dict[str, tuple[float, float]],
    shown: dict[str, Picture],
) -> Picture:
    canvas = np.full((_SIZE[1], _SIZE[0], 3), 120, np.uint8)
    for actor, picture in shown.items():
        left, right = (int(v) for v in places[actor])
        gain, gamma = light[actor]
        curve = np.clip((np.arange(256) / 255.0) ** gamma * gain * 255, 0, 255).astype(np.uint8)
        width, height = right - left, min((right - left) * 3 // 4, _SIZE[1])
        small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        canvas[20 : 20 + height, left:right] = cv2.LUT(small, curve)[: _SIZE[1] - 20]
    return canvas


def speaker_of(scene: Scene, start: float, end: float) -> str | None:
    """Who alone speaks in a stretch, for half of it at least."""
    for part in scene.parts:
        spoken = sum(max(0.0, min(b, end) - max(a, start)) for a, b in part.speech)
        if part.start <= start + 1e-6 and end <= part.end + 1e-6 and spoken >= 0.5 * (end - start):
            return part.speaker
    return None

"""Scenes made of the faces of Java-SED: who is where is known in every picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.media import open_media

ACTORS = ("01", "02", "03", "04", "06", "07", "08", "09")
SIZE = (640, 360)

Picture = NDArray[np.uint8]
Boxes = dict[str, tuple[float, float, float, float]]


@dataclass(frozen=True)
class Frame:
    """One picture of a scene.

    Args:
        time: seconds.
        picture: (360,640,3) RGB.
        there: {actor: x0, y0, x1, y1 of the region that the actor was put into}.
    """

    time: float
    picture: Picture
    there: Boxes


@dataclass(frozen=True)
class Look:
    """How a shot shows an actor: size, place, light."""

    width: int
    left: int
    top: int
    gain: float
    gamma: float
    tint: tuple[float, float, float]

    @classmethod
    def drawn(cls, rng: np.random.Generator, part: int, parts: int) -> Look:
        """At random, within one of `parts` upright strips of the picture."""
        strip = SIZE[0] // parts
        width = int(rng.uniform(0.45, 1.0) * min(strip, 460))
        left = part * strip + int(rng.uniform(0, strip - width))
        top = int(rng.uniform(0, max(1, SIZE[1] - width * 3 // 4)))
        tint = tuple(float(v) for v in rng.uniform(0.85, 1.15, 3))
        return cls(width, left, top, rng.uniform(0.6, 1.3), rng.uniform(0.7, 1.4), tint)

    @cached_property
    def curve(self) -> Picture:
        """(256,1,3) what becomes of each grey value of red, green and blue."""
        lit = (np.arange(256) / 255.0) ** self.gamma * self.gain
        curve = np.clip(lit[:, None, None] * np.array(self.tint) * 255, 0, 255)
        return np.asarray(curve.round(), np.uint8)

    def put(self, canvas: Picture, shown: Picture) -> tuple[float, float, float, float]:
        """Put a picture of an actor onto the canvas; gives the region."""
        height = min(self.width * 3 // 4, SIZE[1] - self.top)
        small = cv2.resize(shown, (self.width, self.width * 3 // 4), interpolation=cv2.INTER_AREA)
        right, low = self.left + self.width, self.top + height
        canvas[self.top : low, self.left : right] = cv2.LUT(small, self.curve)[:height]
        return self.left, self.top, right, low


def clips(data: Path, actor: str) -> list[Path]:
    """The videos of one actor."""
    return sorted((data / "video").glob(f"{actor}-*.mp4"))


@lru_cache(maxsize=400)
def pictures(path: Path, fps: float) -> tuple[Picture, ...]:
    """The pictures of a clip at so many a second."""
    with open_media(path, fps=fps) as media:
        return tuple(np.ascontiguousarray(p) for chunk in media.chunks() for p in chunk.frames)


def shot(
    data: Path, cast: Sequence[str], rng: np.random.Generator, fps: float, clip: int | None = None
) -> Iterator[Frame]:
    """One shot of some actors before a plain wall, each in a size, light and place of its own.

    Args:
        data: Java-SED.
        cast: who is seen, from left to right.
        rng: for all that is left open.
        fps: pictures a second.
        clip: place of the video among the actor's; None is any.
    """
    wall = rng.integers(20, 230, 3)
    looks = [Look.drawn(rng, part, len(cast)) for part in range(len(cast))]
    paths = [clips(data, actor) for actor in cast]
    reels = [pictures(p[int(rng.integers(len(p))) if clip is None else clip], fps) for p in paths]
    for k in range(min(len(reel) for reel in reels)):
        canvas = np.broadcast_to(wall, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
        there = {
            actor: look.put(canvas, reel[k])
            for actor, look, reel in zip(cast, looks, reels, strict=True)
        }
        yield Frame(k / fps, canvas, there)

"""Clips of people who really talk, made of Java-SED's videos; of the sample's portrait without it.

A clip is a string of different takes of each of its people, one after another and round again
where they are all used, with the sound of whoever has the turn. It is encoded as films are streamed
(H.264, up to three B-pictures in a row, 25 pictures a second, 2.5 Mbit/s at 720p) or as telephones
record (HEVC, no B-pictures, 30 a second, 5 Mbit/s), with a little moving grain, as sensors have it:
decoding an enlarged picture without any would be too cheap to measure by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np
from clips import repeated
from made_scenes import ACTORS
from numpy.typing import NDArray

import mien
from mien.media import RATE, read_sound

__all__ = ["CASES", "Camera", "Kind", "facts", "material", "talking_clip", "talking_long"]

Pictures = NDArray[np.uint8]
Sound = NDArray[np.float32]
TURN = 4.0  # s that one of several people in view speaks
GRAIN = 3.0  # grey values, standard deviation
BACKGROUND = 90


@dataclass(frozen=True)
class Camera:
    """How a clip is encoded.

    Args:
        codec: FFmpeg's name of the encoder.
        fps: pictures a second.
        bits: for a pixel of a picture, on average; 0 leaves it to the encoder.
        options: of the encoder.
    """

    codec: str
    fps: int
    bits: float
    options: tuple[tuple[str, str], ...]


FILM = Camera("libx264", 25, 0.11, (("preset", "veryfast"), ("bf", "3"), ("g", "50")))
PHONE = Camera(
    "libx265",
    30,
    0.18,
    (
        ("preset", "ultrafast"),
        ("x265-params", "bframes=0:keyint=30:log-level=error"),
    ),
)


@dataclass(frozen=True)
class Kind:
    """What a clip shows.

    Args:
        width, height: in pixels.
        people: in view, each in a cell of a grid; or in turns.
        camera: how it is encoded.
        cut: seconds from one cut to the next, where people are shown in turns; None: all at once.
    """

    width: int
    height: int
    people: int = 1
    camera: Camera = FILM
    cut: float | None = None

    def speaker(self, time: float) -> int:
        """Whose turn it is, from 0."""
        return int(time / (self.cut or TURN)) % self.people


CASES = {
    "360p, one person": Kind(640, 360),
    "720p, one person": Kind(1280, 720),
    "720p, two people": Kind(1280, 720, 2),
    "720p, five people": Kind(1280, 720, 5),
    "1080p, one person": Kind(1920, 1080),
    "720p, one person, phone": Kind(1280, 720, camera=PHONE),
}
"""Clips that the speed is measured on."""


def material(data: Path | None) -> str:
    """In words, what the clips are made of."""
    if data is None:
        return "the made-up portrait of the sample clip, moved, and a machine's voice"
    return "people of Java-SED, talking"


def takes(data: Path | None, person: int) -> list[Path]:
    """What one of the people is made of: an actor's videos; the sample clip where there are none.

    Raises:
        SystemExit: the folder holds no videos of that actor.
    """
    if data is None:
        return [mien.sample()]
    actor = ACTORS[person % len(ACTORS)]
    paths = sorted((data / "video").glob(f"{actor}-*.mp4"))
    if not paths:
        raise SystemExit(f"{data}: no video/{actor}-*.mp4 in it; is it the folder of Java-SED?")
    return paths[::7] + [path for k, path in enumerate(paths) if k % 7]  # another mood each


def talking_clip(path: Path, kind: Kind, seconds: float, data: Path | None) -> Path:
    """Write a clip of people talking.

    Args:
        path: of the new file.
        kind: what it shows.
        seconds: its length.
        data: Java-SED; None takes the sample's portrait.

    Returns:
        The path.
    """
    camera = kind.camera
    with av.open(str(path), "w") as out:
        video = out.add_stream(camera.codec, rate=camera.fps, options=dict(camera.options))
        video.width, video.height, video.pix_fmt = kind.width, kind.height, "yuv420p"
        if camera.bits:
            video.bit_rate = round(camera.bits * kind.width * kind.height * camera.fps)
        audio = out.add_stream("aac", rate=RATE, layout="mono")
        for picture in islice(_pictures(kind, data), round(seconds * camera.fps)):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        for begin, piece in _pieces(_sound(kind, seconds, data)):
            frame = av.AudioFrame.from_ndarray(piece[None], "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, begin, Fraction(1, RATE)
            out.mux(audio.encode(frame))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path


def talking_long(path: Path, kind: Kind, seconds: float, unit: float, data: Path | None) -> Path:
    """The same of any length: `unit` seconds are encoded, and their packets repeated."""
    if seconds <= unit:
        return talking_clip(path, kind, seconds, data)
    once = talking_clip(path.with_suffix(".unit.mp4"), kind, unit, data)
    repeated(once, path, Fraction(unit).limit_denominator(1000) + Fraction(1, 2), seconds)
    once.unlink()
    return path


def facts(path: Path) -> dict[str, float | str]:
    """Of an encoded clip: codec, size, pictures a second, kbit/s and seconds."""
    with av.open(str(path)) as given:
        video = given.streams.video[0]
        seconds = float((given.duration or 0) / av.time_base)
        return {
            "codec": video.codec_context.name,
            "width": video.width,
            "height": video.height,
            "fps": float(video.average_rate or 0),
            "kbit_s": round(path.stat().st_size * 8 / 1000 / seconds),
            "seconds": round(seconds, 2),
        }


def _pictures(kind: Kind, data: Path | None) -> Iterator[Pictures]:
    """(H,W,3) RGB pictures without an end."""
    columns = 1 if kind.cut else int(np.ceil(np.sqrt(kind.people)))
    rows = 1 if kind.cut else -(-kind.people // columns)
    cell = (kind.width // columns, kind.height // rows)
    reels = [_reel(takes(data, k), kind.camera.fps, cell) for k in range(kind.people)]
    rng = np.random.default_rng(0)
    grey = rng.normal(0, GRAIN, (kind.height + 64, kind.width + 64, 1)).round().astype(np.int16)
    grain = np.repeat(grey, 3, axis=2)
    number = 0
    while True:
        shown = [kind.speaker(number / kind.camera.fps)] if kind.cut else range(kind.people)
        board = np.full((kind.height, kind.width, 3), BACKGROUND, np.uint8)
        for place, person in enumerate(shown):
            top, left = place // columns * cell[1], place % columns * cell[0]
            board[top : top + cell[1], left : left + cell[0]] = next(reels[person])
        down, right = rng.integers(0, 64, 2)
        noise = grain[down : down + kind.height, right : right + kind.width]
        yield np.asarray(cv2.add(board, noise, dtype=cv2.CV_8U), np.uint8)
        number += 1


def _reel(paths: list[Path], fps: int, cell: tuple[int, int]) -> Iterator[Pictures]:
    """The pictures of one person's takes at so many a second, each filling a cell."""
    for path in cycle(paths):
        at = Fraction(0)
        with av.open(str(path)) as given:
            for frame in given.decode(video=0):
                while frame.time is not None and at <= frame.time:
                    yield _filling(frame.to_ndarray(format="rgb24"), *cell)
                    at += Fraction(1, fps)


def _filling(picture: Pictures, width: int, height: int) -> Pictures:
    """The middle of a picture, enlarged to fill a cell with its shape kept."""
    scale = max(width / picture.shape[1], height / picture.shape[0])
    wide, high = (
        max(width, round(scale * picture.shape[1])),
        max(height, round(scale * picture.shape[0])),
    )
    large = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_CUBIC)
    top, left = (high - height) // 2, (wide - width) // 2
    return np.asarray(large[top : top + height, left : left + width], np.uint8)


def _sound(kind: Kind, seconds: float, data: Path | None) -> Sound:
    """(N,) float32: at each time that of whoever has the turn."""
    count = round(seconds * RATE)
    voices = [_voice(takes(data, k), count) for k in range(kind.people)]
    turn = round((kind.cut or TURN) * RATE)
    parts = [voices[kind.speaker(at / RATE)][at : at + turn] for at in range(0, count, turn)]
    return np.concatenate(parts)


def _voice(paths: list[Path], count: int) -> Sound:
    """(count,) sound of one person's takes."""
    parts: list[Sound] = []
    for path in cycle(paths):
        parts.append(read_sound(path))
        if sum(map(len, parts)) >= count:
            return np.concatenate(parts)[:count]
    raise AssertionError("cycle never ends")


def _pieces(sound: Sound) -> Iterator[tuple[int, Sound]]:
    """AAC's pieces of sound, with the number of their first sample."""
    for begin in range(0, len(sound), 1024):
        yield begin, sound[begin : begin + 1024]

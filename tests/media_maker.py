"""Small pictures, sounds and videos that differ from seed to seed, and copies of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tests.conftest import write_clip, write_sound

__all__ = [
    "babble",
    "changing",
    "copied_picture",
    "film",
    "scene",
    "speaking",
    "write_babble",
    "write_picture",
]


def scene(seed: int, size: int = 160) -> NDArray[np.uint8]:
    """(size,size,3) blots of light and colour, another for each seed."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (9, 9, 3)).astype(np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype("u1")


def babble(seed: int, seconds: float = 2.0) -> NDArray[np.float32]:
    """(1,N) noise at 16 kHz; the levels of its eight bands change as fast as in speech."""
    draw = np.random.default_rng(seed)
    count = round(seconds * 16_000)
    pitches = np.fft.rfftfreq(count, 1 / 16_000)
    sound = np.zeros(count)
    for low, high in zip(*(np.geomspace(150, 5000, 9)[k:][:8] for k in (0, 1)), strict=True):
        spectrum = np.fft.rfft(draw.normal(size=count)) * ((pitches >= low) & (pitches < high))
        steps = draw.uniform(0, 1, round(seconds * 5) + 1) ** 3
        level = np.interp(np.linspace(0, len(steps) - 1, count), np.arange(len(steps)), steps)
        sound += np.fft.irfft(spectrum, count) * level / np.sqrt(high - low)
    times = np.arange(count) / 16_000
    sound *= np.clip(np.minimum(times, seconds - times) / 0.3, 0, 1)  # words fade in and out
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)[None]


def write_picture(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), scene(seed), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return path


def copied_picture(source: Path, path: Path) -> Path:
    """The same picture, smaller, darker and in a worse quality."""
    picture = cv2.resize(cv2.imread(str(source)), (100, 100), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), (picture * 0.9).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 60])
    return path


def write_babble(path: Path, seed: int, gain: float = 1.0, codec: str = "pcm_s16le") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_sound(path, babble(seed) * np.float32(gain), 16_000, "mono", codec)


def speaking(portrait: NDArray[np.uint8], time: float) -> NDArray[np.uint8]:
    """The portrait of the sample clip at `time` s, as if she spoke and raised her brows."""
    height, width = portrait.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    places = ((0.47, 0.46, 2.3, 9.0), (0.39, 0.27, 1.1, 6.0), (0.54, 0.27, 1.7, 6.0))
    for right, down, pitch, reach in places:
        near = np.exp(-(((x - right * width) / 22) ** 2 + ((y - down * height) / 14) ** 2))
        y = y + np.float32(reach * np.sin(2 * np.pi * pitch * time)) * near.astype(np.float32)
    return cv2.remap(portrait, x, y.astype(np.float32), cv2.INTER_LINEAR)


def film(
    path: Path, seed: int, sound: NDArray[np.float32] | None = None, size: int = 160, crf: int = 18
) -> Path:
    """Two seconds that fade from one scene to another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first, last = scene(2 * seed).astype(float), scene(2 * seed + 1).astype(float)
    frames = [
        cv2.resize((first + (last - first) * k / 19).astype(np.uint8), (size, size))
        for k in range(20)
    ]
    times, options = [k / 10 for k in range(20)], {"crf": str(crf)}
    return write_clip(path, frames, times, sound=sound, options=options)


def changing(path: Path, pictures: list[np.ndarray], rate: int = 5) -> Path:
    """Photographs (H,W,3) of any size as a film."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mjpeg", rate=rate)
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "yuvj420p"
        out.start_encoding()
        for number, picture in enumerate(pictures):
            packet = av.Packet(cv2.imencode(".jpg", picture[:, :, ::-1])[1].tobytes())
            packet.stream, packet.time_base = video, Fraction(1, rate)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            out.mux(packet)
    return path

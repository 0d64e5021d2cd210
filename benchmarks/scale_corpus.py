"""A corpus of many short clips: real ones, cut anew and encoded anew, each of its own content."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.media import RATE, open_media

__all__ = ["make_corpus", "sources"]

_RATE = 10  # pictures a second
_SIDE = 256  # px


def sources(data: Path) -> list[Path]:
    """The clips of Java-SED and those in the wild, where they are short enough."""
    found = sorted((data / "java_sed" / "video").glob("*.mp4"))
    for path in sorted((data / "wild").rglob("*.*")):
        try:
            with open_media(path) as media:
                if media.info.kind == "video" and 1.0 <= (media.info.duration or 99) < 30:
                    found.append(path)
        except MediaError:
            continue  # a table, a text, or one of the broken files
    return found


def make_corpus(data: Path, folder: Path, count: int, seconds: float = 2.4) -> None:
    """Write `count` clips of about `seconds` s; the k-th cut of a clip starts 0.2 k s later."""
    given = sources(data)
    each = -(-count // len(given))
    for number, path in enumerate(given):
        below = folder / f"{number % 20:02d}"
        below.mkdir(parents=True, exist_ok=True)
        with open_media(path, fps=_RATE) as media:
            chunks = list(media.chunks())
        frames = [_small(frame) for chunk in chunks for frame in chunk.frames]
        sound = np.concatenate([chunk.sound for chunk in chunks])
        for cut in range(each):
            if number + cut * len(given) >= count:
                break
            first = (2 * cut) % max(1, len(frames) - 5)
            pictures = frames[first : first + round(seconds * _RATE)]
            heard = sound[first * RATE // _RATE :][: len(pictures) * RATE // _RATE]
            _write(below / f"{number:03d}-{cut:02d}.mp4", pictures, heard, 24 + cut % 8)


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    ratio = min(1.0, _SIDE / max(height, width))
    size = (int(width * ratio) // 2 * 2, int(height * ratio) // 2 * 2)
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def _write(
    path: Path, frames: list[NDArray[np.uint8]], sound: NDArray[np.float32], crf: int
) -> None:
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "crf": str(crf)}
        video = out.add_stream("libx264", rate=_RATE, options=options)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        audio = out.add_stream("aac", rate=RATE, layout="mono")
        for number, frame in enumerate(frames):
            if frame.shape != frames[0].shape:
                break
            image = av.VideoFrame.from_ndarray(frame, "rgb24")
            image.pts, image.time_base = number, Fraction(1, _RATE)
            out.mux(video.encode(image))
        for begin in range(0, len(sound), 1024):
            piece = np.ascontiguousarray(sound[None, begin : begin + 1024])
            heard = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
            heard.sample_rate, heard.pts, heard.time_base = RATE, begin, Fraction(1, RATE)
            out.mux(audio.encode(heard))
        for stream in (video, audio):
            out.mux(stream.encode(None))

"""Test clips of any length: the sample clip, enlarged, looped by copying packets."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

import mien

__all__ = ["make_clip", "repeated"]


def make_clip(
    path: Path,
    seconds: float,
    width: int,
    height: int,
    fps: int = 25,
    faces: int = 1,
    between: int = 3,
) -> Path:
    """Write `seconds` of the sample clip, picture and sound, as H.264 and AAC.

    Several `faces` (at most six) are copies of its picture side by side. The first eight seconds
    are encoded; the rest repeats their packets with later times. `between` is the most B-pictures
    in a row: 3 is what x264 does unless told otherwise, 0 what cameras mostly write.
    """
    unit = path.with_suffix(".unit.mp4")
    _encode(unit, min(seconds, 8.0), width, height, fps, faces, between)
    if seconds <= 8:
        return unit.rename(path)
    repeated(unit, path, Fraction(17, 2), seconds)
    unit.unlink()
    return path


def repeated(unit: Path, path: Path, length: Fraction, seconds: float) -> None:
    """Copy the packets of `unit` again and again, up to so many seconds.

    Args:
        unit: a clip.
        path: of the new one.
        length: seconds from one copy to the next: the clip's and a pause, so that times never step
            back.
        seconds: no packet begins later.
    """
    with av.open(str(unit)) as given, av.open(str(path), "w") as out:
        copies = {s.index: out.add_stream_from_template(s) for s in given.streams}
        start = Fraction(0)
        while start < seconds:
            given.seek(0)
            for packet in given.demux():
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue
                shift = round(start / packet.time_base)
                if (packet.dts + shift) * packet.time_base >= seconds:
                    continue
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = copies[packet.stream.index]
                out.mux(packet)
            start += length


def _encode(
    path: Path, seconds: float, width: int, height: int, fps: int, faces: int, between: int
) -> None:
    with av.open(str(mien.sample())) as given, av.open(str(path), "w") as out:
        options = {"preset": "veryfast", "crf": "23", "bf": f"{between}", "g": "50"}
        video = out.add_stream("libx264", rate=fps, options=options)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = out.add_stream("aac", rate=16_000, layout="mono")
        grain = np.random.default_rng(0).integers(0, 24, (height, width, 3), np.uint8)
        for frame in given.decode():
            if frame.time is None or frame.time >= seconds:
                continue
            if isinstance(frame, av.VideoFrame):
                picture = _tiled(frame.to_ndarray(format="rgb24"), width, height, faces)
                image = av.VideoFrame.from_ndarray(cv2.add(picture, grain), "rgb24")
                out.mux(video.encode(image))
            elif isinstance(frame, av.AudioFrame):
                frame.pts = None
                out.mux(audio.encode(frame))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))


def _tiled(picture: np.ndarray, width: int, height: int, faces: int) -> np.ndarray:
    """One picture in full, or several in a grid of three by two."""
    if faces == 1:
        return cv2.resize(picture, (width, height))
    board = np.full((height, width, 3), 90, np.uint8)
    small = cv2.resize(picture, (width // 3, height // 2))
    for k in range(faces):
        top, left = k // 3 * (height // 2), k % 3 * (width // 3)
        board[top : top + height // 2, left : left + width // 3] = small
    return board

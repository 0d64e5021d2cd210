"""Clips made on the spot with the real encoders, and the real corpora where they are at hand."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

# The networks of tests are tiny; on a busy machine OpenMP's threads would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import mien

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share fixtures go to one worker (`--dist loadgroup`): each fixture is made once.

    They are those of a file, or of a folder that has fixtures of its own.
    """
    for item in items:
        folder = item.path.parent
        shared = folder != Path(__file__).parent and (folder / "conftest.py").is_file()
        item.add_marker(pytest.mark.xdist_group(str(folder if shared else item.path)))


@pytest.fixture
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip(f"the corpora are not at {DATA}")
    return DATA


@pytest.fixture(scope="session")
def portrait() -> NDArray[np.uint8]:
    """One RGB frame with one face: the first of the sample clip."""
    with av.open(str(mien.sample())) as container:
        frame = next(container.decode(video=0))
        assert isinstance(frame, av.VideoFrame)
        return frame.to_ndarray(format="rgb24")


def write_clip(
    path: Path,
    frames: list[NDArray[np.uint8]],
    times: list[float],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    sound: NDArray[np.float32] | None = None,
    rate: int = 16_000,
    layout: str = "mono",
    audio_codec: str = "aac",
    sound_start: float = 0.0,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode frames (H,W,3) RGB at the given times, and sound (channels, N)."""
    clock = Fraction(1, 1000)
    with av.open(str(path), "w") as out:
        height, width = frames[0].shape[:2]
        video = out.add_stream(codec, rate=25, options=options or {})
        video.width, video.height, video.pix_fmt = width, height, pixel_format
        video.codec_context.time_base = clock
        audio = None
        if sound is not None:
            audio = out.add_stream(audio_codec, rate=rate, layout=layout)
        for frame, time in zip(frames, times, strict=True):
            image = av.VideoFrame.from_ndarray(frame, "rgb24")
            image.pts, image.time_base = round(time * 1000), clock
            out.mux(video.encode(image))
        out.mux(video.encode(None))
        if audio is not None and sound is not None:
            mux_sound(out, audio, sound, rate, layout, sound_start)
    return path


def mux_sound(out, audio, sound, rate, layout, start=0.0):  # type: ignore[no-untyped-def]
    for begin in range(0, sound.shape[1], 1024):
        piece = np.ascontiguousarray(sound[:, begin : begin + 1024])
        frame = av.AudioFrame.from_ndarray(piece, "fltp", layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = begin + round(start * rate)
        out.mux(audio.encode(frame))
    out.mux(audio.encode(None))


def write_sound(path: Path, sound: NDArray[np.float32], rate: int, layout: str, codec: str) -> Path:
    with av.open(str(path), "w") as out:
        audio = out.add_stream(codec, rate=rate, layout=layout)
        wanted = audio.codec_context.format.name
        if wanted in ("fltp", "flt"):
            mux_sound(out, audio, sound, rate, layout)
            return path
        resampler = av.AudioResampler(format=wanted, layout=layout, rate=rate, frame_size=1024)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for given in (frame, None):
            for piece in resampler.resample(given):
                out.mux(audio.encode(piece))
        out.mux(audio.encode(None))
    return path


def numbered(count: int, size: tuple[int, int] = (96, 64)) -> list[NDArray[np.uint8]]:
    """Grey frames, each brighter than the one before, so that order can be read off."""
    width, height = size
    return [np.full((height, width, 3), 20 + 200 * k // count, np.uint8) for k in range(count)]


def tone(seconds: float, rate: int = 16_000, channels: int = 1) -> NDArray[np.float32]:
    at = np.arange(round(seconds * rate)) / rate
    return np.tile(0.4 * np.sin(2 * np.pi * 440 * at), (channels, 1)).astype(np.float32)


def shifted(picture: NDArray[np.uint8], x: float, y: float = 0.0) -> NDArray[np.uint8]:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(picture, matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)

"""Long films out of short clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from mien.media import RATE, open_media

SIZE, FPS = (480, 360), 25


def concatenated(
    path: Path,
    clips: Sequence[Path],
    codec: str,
    audio_codec: str,
    rate: int,
    options: Mapping[str, str],
) -> Path:
    """Clips one after the other, encoded anew in one size, with their sound."""
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=FPS, options=dict(options))
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = out.add_stream(audio_codec, rate=rate, layout="mono")
        wanted = audio.codec_context.format.name
        resampler = av.AudioResampler(wanted, "mono", rate, frame_size=960)
        pictures = samples = 0
        for clip in clips:
            with open_media(clip, fps=FPS) as media:
                for chunk in media.chunks():
                    for picture in chunk.frames:
                        out.mux(video.encode(_image(picture, pictures)))
                        pictures += 1
                    samples += _hear(out, audio, resampler, chunk.sound, samples)
            silence = np.zeros(max(0, pictures * RATE // FPS - samples), np.float32)
            samples += _hear(out, audio, resampler, silence, samples)
        for piece in resampler.resample(None):
            out.mux(audio.encode(piece))
        for stream in (video, audio):
            out.mux(stream.encode(None))
    return path


def _image(picture: NDArray[np.uint8], number: int) -> av.VideoFrame:
    height, width = picture.shape[:2]
    ratio = min(SIZE[0] / width, SIZE[1] / height)
    small = cv2.resize(picture, (int(width * ratio), int(height * ratio)))
    frame = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    frame[: small.shape[0], : small.shape[1]] = small
    image = av.VideoFrame.from_ndarray(frame, "rgb24")
    image.pts, image.time_base = number, Fraction(1, FPS)
    return image


def _hear(out, audio, resampler, sound, start) -> int:  # type: ignore[no-untyped-def]
    if len(sound):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None]), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        for piece in resampler.resample(frame):
            out.mux(audio.encode(piece))
    return len(sound)

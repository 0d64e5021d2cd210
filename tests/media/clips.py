"""How the tests of this folder read clips, and some that they write."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.media import RATE, open_media


def read(source, **options):  # type: ignore[no-untyped-def]
    frames, times, sound = [], [], []
    with open_media(source, **options) as media:
        for chunk in media.chunks():
            frames += chunk.frames
            times += chunk.times.tolist()
            sound.append((chunk.sound_start, chunk.sound))
    return media, frames, times, sound


def sound_of(source, **options):  # type: ignore[no-untyped-def]
    """The whole sound, from time 0 on, checked to be one run."""
    media, _, _, pieces = read(source, **options)
    pieces = [(start, samples) for start, samples in pieces if len(samples)]
    run = [np.zeros(round(pieces[0][0] * RATE), np.float32)]
    for start, samples in pieces:
        assert start * RATE == pytest.approx(sum(map(len, run)), abs=1)
        run.append(samples)
    return media, np.concatenate(run)


def pcm_clip(path: Path, parts: list[tuple[float, np.ndarray]], rate: int = 16_000) -> Path:
    """Matroska with 16-bit sound; each part is (start in s, samples (N,) in [-1, 1])."""
    with av.open(str(path), "w") as out:
        audio = out.add_stream("pcm_s16le", rate=rate, layout="mono")
        for start, samples in parts:
            frame = av.AudioFrame.from_ndarray(
                (samples[None] * 32767).astype(np.int16), "s16", "mono"
            )
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = round(start * rate)
            out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    return path


QUARTER = np.zeros((64, 96, 3), np.uint8)
QUARTER[:32, :48] = 255  # upper left

"""Log-mel windows of speech, as the default bundle hears them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from mien.core.hashes import file_sha256
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.passes import sound_of
from mien.features.log_mel import BANDS
from mien.features.speech import WEIGHTS
from mien.features.voice_windows import VoiceWindows
from mien.types import Features

__all__ = ["LogMel", "speech_weights", "windows_between"]

_FRAMES = 198  # of a window of 2 s


@dataclass(frozen=True)
class LogMel:
    """(T,198,64) float32: the windows of 2 s that hold speech, every 0.5 s from the clip's start.

    The time of a row is the middle of its window.
    """

    name: ClassVar[str] = "log_mel"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def settings(self) -> Settings:
        """The speech detector's weights and the code."""
        return {"speech_weights": speech_weights(), "code": code_version(__name__)}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The windows of the sound in [start, end) seconds of a file."""
        return windows_between(self.name, path, start, end, (_FRAMES, BANDS))


def windows_between(
    kind: str, path: Path, start: float | None, end: float | None, shape: tuple[int, ...]
) -> Features:
    """Windows of one of `mien.features.voice_windows.KINDS` in [start, end) seconds of a file."""
    sound, begin = sound_of(path, start, end), start or 0.0
    cutter = VoiceWindows(kind)
    windows = cutter.push(sound.samples, sound.start - begin) + cutter.finish()
    values = np.zeros((len(windows), *shape), np.float32)
    for row, window in zip(values, windows, strict=True):
        row[:] = window.values
    times = np.array([begin + window.start + cutter.kind.middle for window in windows])
    return Features(values, times, np.ones(len(windows), bool))


@lru_cache(maxsize=1)
def speech_weights() -> str:
    """SHA-256 of the speech detector's weights."""
    return file_sha256(WEIGHTS)

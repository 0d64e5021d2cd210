"""Functionals of windows of speech, as the default bundle hears them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.log_mel import speech_weights, windows_between
from mien.features.speech_functionals import SIZE
from mien.types import Features

__all__ = ["SpeechFunctionals"]


@dataclass(frozen=True)
class SpeechFunctionals:
    """(T,649) float32: the windows of 3 s that hold speech, every 0.5 s from the clip's start.

    The time of a row is the middle of its window.
    """

    name: ClassVar[str] = "speech_functionals"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def settings(self) -> Settings:
        """The speech detector's weights and the code."""
        return {"speech_weights": speech_weights(), "code": code_version(__name__)}

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The windows of the sound in [start, end) seconds of a file."""
        return windows_between(self.name, path, start, end, (SIZE,))

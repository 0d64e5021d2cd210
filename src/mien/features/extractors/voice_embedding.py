"""What the voice encoder of a bundle says of each stretch of speech."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.log_mel import speech_weights
from mien.features.extractors.passes import sound_of
from mien.features.voice_windows import VoiceWindows, gives_rows
from mien.inference.bundle import Bundle, load
from mien.types import Features

__all__ = ["VoiceEmbedding", "encoded_speech", "voice_stream"]


@lru_cache(maxsize=4)
def voice_stream(model: str | Path = "default") -> str:
    """The name of the stream of a bundle whose encoder gives rows of speech.

    Raises:
        UsageError: it has none.
    """
    for name, stream in load(model).spec.streams.items():
        if gives_rows(stream.extractor):
            return name
    raise UsageError(f"model {model}: has no encoder of speech; choose a bundle with one")


@dataclass(frozen=True)
class VoiceEmbedding:
    """(T,D) the encoder's states, 50 a second; those without speech are not valid.

    What the bundle's own head makes of them is left out: it learned from labelled speech, which
    may be what is to be scored here.

    The stretches that the encoder hears follow one another from the clip's start.

    Args:
        model: a bundle, as in `mien predict --model`.
    """

    model: str = "default"

    name: ClassVar[str] = "voice_embedding"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        voice_stream(self.model)  # refuse what cannot be, before the work begins

    def settings(self) -> Settings:
        """The weights of encoder and speech detector, and the code."""
        spec = _bundle(self.model).spec
        encoder = spec.streams[voice_stream(self.model)].encoder
        assert encoder is not None
        return {
            "encoder_weights": spec.files[encoder],
            "speech_weights": speech_weights(),
            "code": code_version(__name__, "mien.inference.bundle"),
        }

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The rows of the sound in [start, end) seconds of a file."""
        bundle = _bundle(self.model)
        return encoded_speech(bundle, voice_stream(self.model), path, start, end, embedded=True)


def encoded_speech(
    bundle: Bundle,
    stream: str,
    path: Path,
    start: float | None,
    end: float | None,
    *,
    embedded: bool = False,
) -> Features:
    """(T,D) what the encoder of a stream gives for the sound in [start, end) seconds of a file.

    Args:
        bundle: the model.
        stream: name of one whose encoder gives rows of speech; those without are not valid.
        path, start, end: the sound.
        embedded: its embeddings alone, and not what `Bundle.encode` gives.
    """
    sound, begin = sound_of(path, start, end), start or 0.0
    cutter = VoiceWindows(bundle.spec.streams[stream].extractor)
    row, encode = cutter.kind.row, bundle.embed if embedded else bundle.encode
    values, times, valid = [], [], []
    for window in cutter.push(sound.samples, sound.start - begin) + cutter.finish():
        values.append(encode(stream, window.values[None]))
        count = len(values[-1])
        times.append(begin + window.start + (np.arange(count) + 0.5) * row)
        valid.append(window.spoken_rows(count, row))
    if not values:
        silence = cutter.kind.describe(np.zeros(cutter.kind.length, np.float32))
        nothing = encode(stream, silence[None][:0])
        return Features(nothing, np.zeros(0), np.zeros(0, bool))
    return Features(np.concatenate(values), np.concatenate(times), np.concatenate(valid))


@lru_cache(maxsize=2)
def _bundle(model: str) -> Bundle:
    return load(model, threads=1)

"""Which extractors there are, by name."""

from __future__ import annotations

from dataclasses import fields
from difflib import get_close_matches
from functools import partial
from pkgutil import resolve_name
from typing import Any, get_type_hints

from mien.core.checked import MisfitError, checked, spelt
from mien.errors import UsageError
from mien.features.extractors.extractor import Extractor

__all__ = ["EXTRACTORS", "extractor"]

EXTRACTORS: dict[str, str] = {
    "faces": "aligned crops of the main face, as JPEG",
    "given_faces": "faces that came aligned with the corpus (column faces), as JPEG",
    "face_embedding": "the face encoder's embedding and log-probabilities of those crops",
    "frame_statistics": "mean, deviation, least and largest of those embeddings, or of onnx:FILE",
    "voice_embedding": "the voice encoder's states, 50 a second, of the sound with speech",
    "frames": "whole frames, as JPEG",
    "lbp_top": "LBP-TOP of the main face, 2832 numbers for a clip (EmotiW's video baseline)",
    "log_mel": "log-mel windows of speech",
    "speech_functionals": "649 functionals of windows of speech, as the default bundle hears them",
    "spectrograms": "spectrogram pictures of 300 ms of speech, as JPEG",
    "short_term": "34 short-term features every 50 ms",
    "audio_maps": "maps of 34 x 34 short-term features",
    "egemaps": "openSMILE eGeMAPS v02, 88 functionals of the whole clip",
    "is09": "openSMILE INTERSPEECH 2009, 384 functionals",
    "is10": "openSMILE INTERSPEECH 2010, 1582 functionals, those of emobase2010",
}
"""Name: what it gives."""

_NETWORK = "onnx:"

_CLASSES = {
    "faces": "Faces",
    "given_faces": "GivenFaces",
    "face_embedding": "FaceEmbedding",
    "frame_statistics": "FrameStatistics",
    "voice_embedding": "VoiceEmbedding",
    "frames": "Frames",
    "lbp_top": "LbpTop",
    "log_mel": "LogMel",
    "speech_functionals": "SpeechFunctionals",
    "spectrograms": "Spectrograms",
    "short_term": "ShortTerm",
    "audio_maps": "AudioMaps",
}
"""Name, of its module too: its class, imported when it is needed. All others are openSMILE's."""


def extractor(name: str, **settings: Any) -> Extractor:
    """Make an extractor, with settings other than its defaults where given.

    Args:
        name: a key of `EXTRACTORS`, or "onnx:FILE" for a network of your own
            (`mien.features.extractors.onnx_network`).
        settings: of the extractor.

    Raises:
        UsageError: unknown name or setting (with the nearest), or a value that cannot be.
        MissingExtraError: it needs openSMILE, which is not installed.
    """
    if name.startswith(_NETWORK):
        return extractor("onnx", file=name.removeprefix(_NETWORK), **settings)
    if name not in EXTRACTORS and name != "onnx":
        raise UsageError(f"unknown features '{name}'; {_hint(name, list(EXTRACTORS))}")
    made = _class(name)
    known = [] if isinstance(made, partial) else [f.name for f in fields(made) if f.init]
    for key in settings:
        if key not in known:
            raise UsageError(f"{name}: unknown setting '{key}'; {_hint(key, known)}")
    if not settings:
        plain: Extractor = made()
        return plain
    try:
        hints = get_type_hints(made)
        given = {key: spelt(value, hints[key]) for key, value in settings.items()}
        result: Extractor = checked(given, made, strict=False)
    except MisfitError as error:
        if isinstance(problem := error.__cause__, UsageError):
            raise problem from None
        raise UsageError(f"{name}: {error.where} {settings[error.where]!r}: {error.what}") from None
    return result


def _class(name: str) -> Any:
    if name == "onnx":
        return resolve_name("mien.features.extractors.onnx_network:OnnxNetwork")
    if name in _CLASSES:
        return resolve_name(f"mien.features.extractors.{name}:{_CLASSES[name]}")
    from mien.features.extractors.opensmile import Functionals

    return partial(Functionals, name)


def _hint(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1, 0.5)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"{hint}there are {', '.join(known) or 'none'}"

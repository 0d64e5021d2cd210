"""Limits of sound: what the speech of the voice's training is like, and what music is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.datasets.speech_corpora import emodb, java_sed, ravdess
from mien.features.log_mel import RATE
from mien.features.sound_quality import clipped, tones, treble
from mien.features.voice_windows import VoiceWindows
from mien.features.windows import GRID
from mien.inference.bundle import Bundle
from mien.media import read_sound
from project.bundle.voice_augment import coarse_noise, encoded, music, telephone

__all__ = ["sound_limits"]

TAIL = 0.25  # percent of the cells with speech beyond a limit
_OF_EACH = 120  # recordings of a corpus
_PIECES = 60
_CELL = round(GRID * RATE)
_QUIET = 1e-3

Floats = NDArray[np.float32]


def sound_limits(bundle: Bundle, data: Path) -> tuple[dict[str, float], dict[str, object]]:
    """Limits of an `OperatingRange` for sound, and the figures behind them.

    Args:
        bundle: whose windows of speech are meant.
        data: folder with `ravdess`, `emodb` and `java_sed`.
    """
    kind = next(s.extractor for s in bundle.spec.streams.values() if s.modality == "voice")
    recordings = _recordings(data)
    spoken = [part for part in (_spoken(sound, kind) for sound in recordings) if len(part)]
    tops = np.array([clipped(cell) for part in spoken for cell in part])
    highs = np.array([treble(cell) for part in spoken for cell in part])
    limits = {
        "clipped": round(float(np.percentile(tops, 100 - TAIL)), 4),
        "narrow": round(float(np.percentile(highs, TAIL)), 1),
    }
    limits["tonal"], steady = _tonal(recordings)
    warned = {name: _share(spoken, worse, limits) for name, worse in _WORSE.items()}
    return limits, {
        "recordings": len(recordings),
        "cells with speech": len(tops),
        "warned (clipped, narrow)": warned,
        "steady tones": steady,
    }


def _recordings(data: Path) -> list[Floats]:
    draw = np.random.default_rng(0)
    corpora = (ravdess(data / "ravdess"), emodb(data / "emodb"), java_sed(data / "java_sed"))
    chosen = [[part[i] for i in draw.permutation(len(part))[:_OF_EACH]] for part in corpora]
    return [read_sound(utterance.path) for utterance in chain(*chosen)]


def _spoken(sound: Floats, kind: str) -> list[Floats]:
    """The cells of a recording that a window with speech covers."""
    cutter = VoiceWindows(kind)
    starts = [window.start for window in [*cutter.push(sound, 0.0), *cutter.finish()]]
    long = cutter.kind.length / RATE
    cells = [sound[k : k + _CELL] for k in range(0, len(sound) - _CELL + 1, _CELL)]
    return [
        cell
        for k, cell in enumerate(cells)
        if np.abs(cell).max() >= _QUIET and any(s <= k * GRID < s + long for s in starts)
    ]


def _cut_off(sound: Floats, part: float) -> Floats:
    most = part * float(np.abs(sound).max())
    return np.clip(sound, -most, most)


_WORSE: dict[str, Callable[[Floats], Floats]] = {
    "plain": lambda sound: sound,
    "clipped by 6 dB": lambda sound: _cut_off(sound, 0.5),
    "clipped by 12 dB": lambda sound: _cut_off(sound, 0.25),
    "clipped by 12 dB, then AAC of 32 kbit/s": lambda sound: encoded(
        _cut_off(sound, 0.25), "adts", "aac", 32
    ),
    "AAC of 32 kbit/s": lambda sound: encoded(sound, "adts", "aac", 32),
    "telephone": telephone,
}


def _share(
    spoken: Sequence[Sequence[Floats]], worse: Callable[[Floats], Floats], limits: dict[str, float]
) -> tuple[float, float]:
    """Part of the recordings with a warning of each kind, as `mien.inference.doubts` has it."""
    from mien.inference.doubts import SOME

    warnings = []
    for part in spoken:
        sound = worse(np.concatenate(part))
        cells = [sound[k : k + _CELL] for k in range(0, len(sound) - _CELL + 1, _CELL)]
        loud = np.mean([clipped(cell) > limits["clipped"] for cell in cells]) >= SOME
        dull = np.mean([treble(cell) < limits["narrow"] for cell in cells]) >= SOME
        warnings.append((loud, dull))
    both = np.mean(warnings, axis=0)
    return round(float(both[0]), 3), round(float(both[1]), 3)


def _tonal(recordings: Sequence[Floats]) -> tuple[float, dict[str, object]]:
    """The part of steady tones that best tells music from noise and speech."""
    from sklearn.metrics import roc_auc_score

    draws = [np.random.default_rng(k) for k in range(_PIECES)]
    pieces = [_part(0.1 * music(8 * RATE, draw)) for draw in draws]
    noises = [_part(0.1 * coarse_noise(8 * RATE, draw)) for draw in draws]
    speech = [_part(sound) for sound in recordings if len(sound) >= _CELL]
    others = np.array(noises + speech)
    music_parts = np.array(pieces)
    steps = np.unique(np.round(np.r_[others, music_parts], 3))
    right = [np.mean(music_parts >= s) + np.mean(others < s) for s in steps]
    limit = round(float(np.mean(steps[np.isclose(right, max(right))])), 3)
    truth = np.r_[np.zeros(len(others)), np.ones(len(pieces))]
    return limit, {
        "AUROC": round(float(roc_auc_score(truth, np.r_[others, music_parts])), 4),
        "music called tones": round(float(np.mean(music_parts >= limit)), 3),
        "noise called tones": round(float(np.mean(np.array(noises) >= limit)), 3),
        "speech that would be, were it not found": round(
            float(np.mean(np.array(speech) >= limit)), 3
        ),
    }


def _part(sound: Floats) -> float:
    powers = [tones(sound[k : k + _CELL]) for k in range(0, len(sound) - _CELL + 1, _CELL)]
    steady, power = np.sum(powers, axis=0)
    return float(steady / power)

"""Recordings as the voice training sees them: functionals to learn from, windows to score.

Read once and kept in a folder, a file a recording, since altering thousands of recordings takes
longer than the training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mien.atomic import atomic
from mien.datasets.speech_corpora import Utterance
from mien.features.log_mel import BANDS, HOP, log_power
from mien.features.speech import FRAME, SpeechDetector
from mien.features.speech_functionals import functionals, tones
from mien.features.voice_windows import KINDS, windows_of
from mien.media import read_sound
from mien.recipes.mien.voice_augment import (
    add,
    alter,
    coarse_noise,
    music,
    reverberated,
    telephone,
)

__all__ = ["ALTERATIONS", "COPIES", "Sounds", "prepare", "prepare_all"]

Floats = NDArray[np.float32]
Draw = np.random.Generator

COPIES = 6
"""Altered versions of a recording, beside itself."""
_KIND = "speech_functionals"
_LENGTH = 1 + (KINDS[_KIND].length - 400) // HOP  # frames of a window
_ENOUGH = 50  # frames of speech in a window
_HELD_BACK = range(24, 32)  # pieces of music that no training hears


def _noisy(sound: Floats, draw: Draw) -> Floats:
    return add(sound, coarse_noise(len(sound), draw, 1.0), 10)


def _with_music(sound: Floats, draw: Draw) -> Floats:
    return add(sound, music(len(sound), draw, _HELD_BACK), 10)


ALTERATIONS: dict[str, Callable[[Floats, Draw], Floats]] = {
    "telephone": lambda sound, _: telephone(sound),
    "pink noise 10 dB": _noisy,
    "reverberation 0.6 s": lambda sound, draw: reverberated(sound, draw, 0.6),
    "music 10 dB": _with_music,
}
"""What the scored recordings are altered by: other draws and other pieces than in training."""


@dataclass(frozen=True)
class Sounds:
    """A recording.

    Args:
        one: where from, and its label.
        learnt: (2 (1 + COPIES), SIZE) functionals of stretches to learn from; the first half of
            each version as it is, the second coloured, stretched and shifted too.
        windows: (W,SIZE) of the windows that mien looks at.
        starts: (W,) s.
        altered: the same of the recording under each of `ALTERATIONS`; empty where not asked for.
    """

    one: Utterance
    learnt: Floats
    windows: Floats
    starts: NDArray[np.float64]
    altered: dict[str, Floats]


def prepare_all(
    clips: Sequence[Utterance], folder: Path, jobs: int, scored: str
) -> Iterator[Sounds]:
    """Every recording, in order; those of corpus `scored` also altered as in `ALTERATIONS`."""
    folder.mkdir(parents=True, exist_ok=True)
    # Spawned: a fork of a process with threads, which networks leave behind, may never end.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        yield from pool.map(partial(_kept, folder, scored), clips, chunksize=8)


def _kept(folder: Path, scored: str, one: Utterance) -> Sounds:
    path = folder / f"{one.corpus}_{one.id.replace('/', '_')}.npz"
    if not path.exists():
        made = prepare(one, with_altered=one.corpus == scored)
        with atomic(path) as partial_file, partial_file.open("wb") as stream:
            _save(stream, made)
    with np.load(path) as found:
        named = {name: found[name] for name in found.files}
    learnt, windows, starts = (named.pop(k) for k in ("learnt", "windows", "starts"))
    return Sounds(one, learnt, windows, starts, named)


def _save(stream: BinaryIO, made: Sounds) -> None:
    arrays: dict[str, NDArray[Any]] = {**made.altered}
    arrays |= {"learnt": made.learnt, "windows": made.windows, "starts": made.starts}
    np.savez(stream, allow_pickle=False, **arrays)


def prepare(one: Utterance, with_altered: bool) -> Sounds:
    """Decode a recording, alter it, and describe it."""
    sound = read_sound(one.path)
    seed = _seed(one)
    draw = np.random.default_rng(seed)
    speech = SpeechDetector().push(np.pad(sound, (0, FRAME - 1))) >= 0.5
    versions = [sound] + [alter(sound, draw, copy) for copy in range(COPIES)]
    learnt = [row for version in versions for row in _two_stretches(version, sound, speech, draw)]
    windows, starts = _windows(sound)
    altered = _altered(sound, seed) if with_altered else {}
    return Sounds(one, np.stack(learnt), windows, starts, altered)


def _seed(one: Utterance) -> int:
    return int.from_bytes(hashlib.sha256(f"{one.corpus}/{one.id}".encode()).digest()[:4], "big")


def _altered(sound: Floats, seed: int) -> dict[str, Floats]:
    draw = np.random.default_rng([seed, 1])
    return {name: _windows(change(sound, draw))[0] for name, change in ALTERATIONS.items()}


def _windows(sound: Floats) -> tuple[Floats, NDArray[np.float64]]:
    found = windows_of(sound, _KIND)
    rows = [window.values for window in found]
    starts = np.array([window.start for window in found])
    return (np.stack(rows) if rows else np.zeros((0, 0), np.float32)), starts


def _two_stretches(
    version: Floats, sound: Floats, speech: NDArray[np.bool_], draw: Draw
) -> tuple[Floats, Floats]:
    """Functionals of one stretch as it is, and of another coloured, stretched and shifted."""
    logs, waves = log_power(version), tones(version)
    at = np.arange(len(logs)) * (len(sound) / len(version) * HOP / FRAME)
    spoken = speech[np.minimum(at.astype(int), len(speech) - 1)]
    plain = _stretch(spoken, 1.0, draw)
    other = _stretch(spoken, float(np.exp(draw.uniform(-0.12, 0.12))), draw)
    shifted = np.roll(waves[other], int(draw.integers(-4, 5)), axis=1)
    return functionals(logs[plain], waves[plain]), functionals(coloured(logs[other], draw), shifted)


def _stretch(spoken: NDArray[np.bool_], speed: float, draw: Draw) -> NDArray[np.int64]:
    """Frames of a random window with enough speech, played at another speed but in its pitch."""
    need, so_far = int(_LENGTH * speed), np.cumsum(np.concatenate([[0], spoken]))
    if len(spoken) <= need:
        return (np.arange(int(len(spoken) / speed)) * speed).astype(int)
    for _ in range(10):
        start = int(draw.integers(0, len(spoken) - need + 1))
        if so_far[start + need] - so_far[start] >= min(_ENOUGH, 0.6 * so_far[-1]):
            break
    return start + (np.arange(_LENGTH) * speed).astype(int).clip(0, need - 1)


def coloured(logs: Floats, draw: Draw) -> Floats:
    """Log-mels (T,64) of another microphone and throat: bands shifted, a smooth gain, a floor."""
    places = np.clip(np.arange(BANDS) + draw.uniform(-1.5, 1.5), 0, BANDS - 1)
    low = places.astype(int)
    high, part = np.minimum(low + 1, BANDS - 1), (places - low).astype(np.float32)
    logs = logs[:, low] * (1 - part) + logs[:, high] * part
    x = np.linspace(0, 1, BANDS)
    gain = 2 * draw.normal() * (x - 0.5)
    for k in (2, 3, 4):
        gain = gain + draw.normal() * np.cos(np.pi * k * x + draw.uniform(0, 6.3)) / k
    logs = logs + (0.5 * gain).astype(np.float32)
    if draw.random() < 0.3:
        logs = np.logaddexp(logs, logs.max() - np.float32(draw.uniform(4, 12)))
    return np.asarray(logs, np.float32)

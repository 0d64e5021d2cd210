"""Recordings as the voice training sees them: the mean state of the front over their speech.

Read once and kept in a folder, a file a recording, since altering and encoding thousands of
recordings takes longer than everything after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.core.runtime import session
from mien.data.datasets.speech_corpora import Utterance
from mien.features.voice_windows import KINDS, windows_of
from mien.media import read_sound
from project.bundle.voice_augment import (
    add,
    alter,
    coarse_noise,
    music,
    reverberated,
    telephone,
)

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["ALTERATIONS", "COPIES", "KIND", "Sounds", "mean_state", "prepare", "prepare_all"]

Floats = NDArray[np.float32]
Draw = np.random.Generator

COPIES = 1
"""Altered versions of a recording, beside itself."""
KIND = "whisper_mel"
"""What the front hears, a name in `mien.features.voice_windows.KINDS`."""
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
    "20 dB quieter": lambda sound, _: sound * np.float32(0.1),
}
"""What the scored recordings are altered by: other draws and other pieces than in training."""


@dataclass(frozen=True)
class Sounds:
    """A recording.

    Args:
        utterance: where from, and its label.
        states: (1 + COPIES, E) mean states of the recording and of its altered versions, NaN for
            a version without speech.
        altered: (E,) of the recording under each of `ALTERATIONS`; empty where not asked for.
    """

    utterance: Utterance
    states: Floats
    altered: dict[str, Floats]


def prepare_all(
    utterances: Sequence[Utterance], front: Path, folder: Path, jobs: int, altered: str
) -> Iterator[Sounds]:
    """Every recording, in order; those of corpus `altered` also as in `ALTERATIONS`.

    Args:
        utterances: the recordings.
        front: ONNX file of the voice network, whose output `embedding` is kept.
        folder: keeps what was read, by the hash of the front.
        jobs: processes.
        altered: name of a corpus.
    """
    kept = folder / hashlib.sha256(front.read_bytes()).hexdigest()[:12]
    kept.mkdir(parents=True, exist_ok=True)
    # Spawned: a fork of a process with threads, which networks leave behind, may never end.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        yield from pool.map(partial(_kept, kept, front, altered), utterances, chunksize=8)


def _kept(folder: Path, front: Path, altered: str, utterance: Utterance) -> Sounds:
    path = folder / f"{utterance.corpus}_{utterance.id.replace('/', '_')}.npz"
    if not path.exists():
        prepared = prepare(utterance, front, with_altered=utterance.corpus == altered)
        with atomic(path) as partial_file, partial_file.open("wb") as stream:
            np.savez(stream, allow_pickle=False, states=prepared.states, **prepared.altered)
    with np.load(path) as arrays:
        named = {name: arrays[name] for name in arrays.files}
    return Sounds(utterance, named.pop("states"), named)


def prepare(utterance: Utterance, front: Path, with_altered: bool) -> Sounds:
    """Decode a recording, alter it, and let the front hear it."""
    sound = read_sound(utterance.path)
    seed = _seed(utterance)
    draw = np.random.default_rng(seed)
    versions = [sound] + [alter(sound, draw, copy + 1) for copy in range(COPIES)]
    states = np.stack([mean_state(version, front) for version in versions])
    other = np.random.default_rng([seed, 1])
    changes = ALTERATIONS if with_altered else {}
    altered = {name: mean_state(change(sound, other), front) for name, change in changes.items()}
    return Sounds(utterance, states, altered)


def mean_state(sound: Floats, front: Path) -> Floats:
    """(E,) mean over the speech of a sound (N,); NaN without speech."""
    run, row = _front(front), KINDS[KIND].row
    parts = []
    for window in windows_of(sound, KIND):
        (states,) = run.run(["embedding"], {"mel": window.values[None]})
        parts.append(states[window.spoken_rows(len(states), row)])
    if not any(map(len, parts)):
        return np.full(run.get_outputs()[1].shape[1], np.nan, np.float32)
    return np.asarray(np.concatenate(parts).mean(0, dtype=np.float64), np.float32)


@lru_cache(maxsize=1)
def _front(path: Path) -> InferenceSession:
    return session(path, 1)


def _seed(utterance: Utterance) -> int:
    name = f"{utterance.corpus}/{utterance.id}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")

"""The voice encoder of the default bundle: a small CNN on RAVDESS, EMO-DB and Java-SED speech.

    python -m mien.recipes.mien.voice DATA OUT [--only java_sed|final|ravdess]

DATA holds the folders ravdess, emodb and java_sed. Each corpus is scored with its speakers unseen:
RAVDESS in six folds, Java-SED in four; the last epoch counts, nothing is chosen on test speakers.
The shipped weights (`final`) are trained on everything. OUT gets a folder a run, and
`voice_ravdess.csv`, `voice_java_sed.csv` with the out-of-fold log-probabilities of every window.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from mien.datasets.speech_corpora import (
    JAVA_SED_FOLDS,
    RAVDESS_FOLDS,
    Utterance,
    emodb,
    java_sed,
    ravdess,
)
from mien.features.log_mel import RATE, log_mel
from mien.features.voice_windows import LENGTH, windows_of
from mien.labels import EMOTIONS
from mien.media import read_sound
from mien.models.voice_net import VoiceNet
from mien.train import Batch, Fit, fit

__all__ = ["RECIPE", "VoiceRecipe", "main"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class VoiceRecipe:
    """Numbers of the voice training."""

    width: int = 20
    batch: int = 64
    copies: int = 8
    mixup: float = 0.3
    smoothing: float = 0.1
    corpora: tuple[tuple[str, float], ...] = (("ravdess", 0.5), ("emodb", 0.2), ("java_sed", 0.3))
    fit: Fit = field(
        default_factory=lambda: Fit(
            epochs=24,
            steps=40,
            optimiser="adamw",
            rate=3e-3,
            weight_decay=2e-2,
            average=0.99,
            bf16=True,
        )
    )


RECIPE = VoiceRecipe()


@dataclass(frozen=True)
class Sounds:
    """A recording as the training sees it: clean windows to score, altered ones to learn from."""

    one: Utterance
    windows: list[tuple[float, Floats]]
    altered: NDArray[np.float16]


def alter(sound: Floats, draw: np.random.Generator) -> Floats:
    """A random 2 s stretch with random speed, level, room, noise and a stretch of silence."""
    speed = draw.uniform(0.88, 1.14)
    at = np.arange(0, len(sound) - 1, speed)
    sound = np.interp(at, np.arange(len(sound)), sound).astype(np.float32)
    if len(sound) < LENGTH:
        room = LENGTH - len(sound)
        before = int(draw.integers(0, room + 1))
        sound = np.pad(sound, (before, room - before))
    start = int(draw.integers(0, len(sound) - LENGTH + 1))
    sound = sound[start : start + LENGTH]
    if draw.random() < 0.3:
        sound = _room(sound, draw)
    if draw.random() < 0.6:
        sound = sound + _noise(sound, draw)
    if draw.random() < 0.15:
        cut = int(draw.integers(RATE // 4, RATE))
        where = int(draw.integers(0, LENGTH - cut))
        sound = np.array(sound)
        sound[where : where + cut] = 0
    return np.asarray(sound, np.float32)


def _room(sound: Floats, draw: np.random.Generator) -> Floats:
    """Reverberation: a quarter second of decaying noise behind the direct sound."""
    at = np.arange(RATE // 4)
    tail = draw.standard_normal(RATE // 4) * np.exp(-at / draw.uniform(200, 1200))
    tail[0] = draw.uniform(2, 8)
    size = 2 * LENGTH
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)
    return np.asarray(wet[:LENGTH], np.float32)


def _noise(sound: Floats, draw: np.random.Generator) -> Floats:
    """Noise from white to pink, 3 to 40 dB below the sound."""
    level = float(np.sqrt(np.mean(sound**2))) + 1e-6
    spectrum = np.fft.rfft(draw.standard_normal(LENGTH))
    spectrum /= np.maximum(np.arange(len(spectrum)), 30) ** draw.uniform(0, 1)
    noise = np.fft.irfft(spectrum, LENGTH)
    noise *= level / np.sqrt(np.mean(noise**2)) * 10 ** (-draw.uniform(3, 40) / 20)
    return np.asarray(noise, np.float32)


def prepare(one: Utterance, recipe: VoiceRecipe) -> Sounds:
    """Decode a recording, and make its windows and altered copies."""
    sound = read_sound(one.path)
    seed = int.from_bytes(hashlib.sha256(f"{one.corpus}/{one.id}".encode()).digest()[:4], "big")
    draw = np.random.default_rng(seed)
    spoken = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    trimmed = sound[max(0, spoken[0] - RATE // 4) : spoken[-1] + RATE // 4]
    mels = [log_mel(alter(trimmed, draw)) for _ in range(recipe.copies)]
    return Sounds(one, windows_of(sound), np.stack(mels).astype(np.float16))


def batches(training: Sequence[Sounds], recipe: VoiceRecipe, epoch: int) -> Iterator[Batch]:
    """Batches balanced over corpora and classes, masked (SpecAugment) and mixed (mixup)."""
    draw = np.random.default_rng([recipe.fit.seed, epoch])
    shares = dict(recipe.corpora)
    labels = np.array([EMOTIONS.index(s.one.label) for s in training])
    corpus = np.array([s.one.corpus for s in training])
    weight = np.zeros(len(training))
    for name in np.unique(corpus):
        mine = corpus == name
        weight[mine] = shares[name] / np.bincount(labels[mine], minlength=7)[labels[mine]] ** 0.7
        weight[mine] *= shares[name] / weight[mine].sum()
    weight /= weight.sum()
    for _ in range(recipe.fit.steps):
        rows = draw.choice(len(training), recipe.batch, p=weight)
        x = np.stack([training[r].altered[draw.integers(recipe.copies)] for r in rows])
        x = _mask(x.astype(np.float32), draw)
        y = np.eye(7, dtype=np.float32)[labels[rows]]
        y = y * (1 - recipe.smoothing) + recipe.smoothing / 7
        mix = np.float32(draw.beta(recipe.mixup, recipe.mixup))
        x, y = mix * x + (1 - mix) * x[::-1], mix * y + (1 - mix) * y[::-1]
        yield Batch(
            (torch.from_numpy(x), torch.from_numpy(y)), tuple(training[r].one.id for r in rows)
        )


def _mask(x: Floats, draw: np.random.Generator) -> Floats:
    """SpecAugment (Park et al. 2019): two stretches of time and one of frequency set to zero."""
    for row in x:
        for _ in range(2):
            wide = int(draw.integers(0, 30))
            at = int(draw.integers(0, row.shape[0] - wide))
            row[at : at + wide] = 0
        high = int(draw.integers(0, 12))
        at = int(draw.integers(0, row.shape[1] - high))
        row[:, at : at + high] = 0
    return x


def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy with soft labels."""
    x, y = batch
    return -(y * functional.log_softmax(model(x)[0].float(), 1)).sum(1).mean()


def train(training: Sequence[Sounds], out: Path, recipe: VoiceRecipe) -> nn.Module:
    """Train one network, or load it if the run is finished."""
    torch.manual_seed(recipe.fit.seed)
    model: nn.Module = VoiceNet(width=recipe.width)
    weights = out / "voice.pt"
    if weights.exists():
        model.load_state_dict(torch.load(weights, weights_only=True))
        return model.eval()
    model = fit(model, lambda e: batches(training, recipe, e), loss, None, recipe.fit, out)
    torch.save(model.state_dict(), weights)
    return model


@torch.no_grad()
def score(model: nn.Module, sounds: Sounds) -> list[tuple[float, Floats]]:
    """Log-probabilities (7,) of each window of a recording."""
    if not sounds.windows:
        return []
    x = torch.from_numpy(np.stack([mel for _, mel in sounds.windows]))
    rows = functional.log_softmax(model(x)[0], 1).numpy()
    return [(start, row) for (start, _), row in zip(sounds.windows, rows, strict=True)]


def cross_validate(
    data: Sequence[Sounds],
    corpus: str,
    folds: Sequence[frozenset[str]],
    out: Path,
    recipe: VoiceRecipe,
) -> None:
    """Leave out each fold's speakers, train on everything else, and write their scores."""
    rows: list[list[object]] = []
    for number, held_out in enumerate(folds):
        testing = [s for s in data if s.one.corpus == corpus and s.one.speaker in held_out]
        training = [s for s in data if s.one.corpus != corpus or s.one.speaker not in held_out]
        model = train(training, out / f"{corpus}_{number}", recipe)
        for s in testing:
            head = [s.one.id, number, s.one.speaker, s.one.label]
            scored = score(model, s)
            rows += [[*head, start, *np.round(row, 4)] for start, row in scored]
            rows += [] if scored else [[*head, "", *[""] * 7]]
    with (out / f"voice_{corpus}.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "fold", "speaker", "label", "start", *EMOTIONS.names])
        writer.writerows(rows)


def main() -> None:
    """Command line of the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", choices=["java_sed", "final", "ravdess"])
    options = parser.parse_args()
    root, out, recipe = options.data, options.out, RECIPE
    clips = [*ravdess(root / "ravdess"), *emodb(root / "emodb"), *java_sed(root / "java_sed")]
    data = [prepare(one, recipe) for one in track(clips, "reading")]
    runs: dict[str, Callable[[], object]] = {
        "java_sed": lambda: cross_validate(data, "java_sed", JAVA_SED_FOLDS, out, recipe),
        "final": lambda: train(data, out / "final", recipe),
        "ravdess": lambda: cross_validate(data, "ravdess", RAVDESS_FOLDS, out, recipe),
    }
    for name, run in runs.items():
        if options.only in (None, name):
            run()


if __name__ == "__main__":
    main()

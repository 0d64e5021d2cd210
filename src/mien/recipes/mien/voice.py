"""The voice encoder of the default bundle: small networks on functionals of three corpora.

    python -m mien.recipes.mien.voice DATA OUT [--only java_sed|ravdess|left_out|final] [--seeds 5]

DATA holds the folders ravdess, emodb and java_sed. Each corpus is scored with its speakers unseen:
RAVDESS in six folds, Java-SED in four, and each of the three by a network that heard only the two
others; the last step counts, nothing is chosen on test speakers. The shipped weights (`final`) are
trained on everything. OUT gets a folder a run, and tables of the held-out log-probabilities:
`voice_CORPUS.csv` and `voice_left_out_CORPUS.csv` with a line a window, and
`voice_ravdess_altered.csv` with a line for each recording and alteration. These are of the first
seed; what the others score is in `voice_seeds.csv`.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import nn

from mien.atomic import atomic
from mien.datasets.speech_corpora import (
    JAVA_SED_FOLDS,
    RAVDESS_FOLDS,
    Utterance,
    emodb,
    java_sed,
    ravdess,
)
from mien.labels import EMOTIONS
from mien.recipes.mien.voice_data import ALTERATIONS, Sounds, prepare_all
from mien.recipes.mien.voice_fit import RECIPE, VoiceRecipe, train
from mien.recipes.mien.voice_seeds import folder_of, write_seeds

__all__ = ["corpora", "cross_validate", "leave_each_out", "main", "score"]

Floats = NDArray[np.float32]
Row = list[object]


@torch.no_grad()
def score(model: nn.Module, rows: Floats) -> Floats:
    """Functionals (W,SIZE) -> log-probabilities (W,7)."""
    if not len(rows):
        return np.zeros((0, len(EMOTIONS)), np.float32)
    return np.asarray(model(torch.from_numpy(rows))[0].numpy(), np.float32)


def cross_validate(
    data: Sequence[Sounds],
    corpus: str,
    folds: Sequence[frozenset[str]],
    out: Path,
    recipe: VoiceRecipe,
) -> None:
    """Leave out each fold's speakers, train on everything else, and write their scores."""
    rows: list[Row] = []
    altered: list[Row] = []
    for number, held_out in enumerate(folds):
        testing = [s for s in data if s.one.corpus == corpus and s.one.speaker in held_out]
        training = [s for s in data if s.one.corpus != corpus or s.one.speaker not in held_out]
        model = train(training, out / f"{corpus}_{number}", recipe)
        rows += _scored(model, testing, number)
        altered += _scored_altered(model, testing, number)
    _write(out / f"voice_{corpus}.csv", "start", rows)
    if altered:
        _write(out / f"voice_{corpus}_altered.csv", "alteration", altered)


def leave_each_out(data: Sequence[Sounds], out: Path, recipe: VoiceRecipe) -> None:
    """For each corpus, train on the two others and write its scores."""
    for corpus, _ in recipe.corpora:
        training = [s for s in data if s.one.corpus != corpus]
        model = train(training, out / f"left_out_{corpus}", recipe)
        testing = [s for s in data if s.one.corpus == corpus]
        _write(out / f"voice_left_out_{corpus}.csv", "start", _scored(model, testing, 0))


def _scored(model: nn.Module, testing: Sequence[Sounds], fold: int) -> list[Row]:
    """A line a window; one without scores for a recording in which no speech was found."""
    rows: list[Row] = []
    for s in testing:
        head = [s.one.id, fold, s.one.speaker, s.one.label]
        said = score(model, s.windows)
        rows += [[*head, at, *np.round(row, 4)] for at, row in zip(s.starts, said, strict=True)]
        rows += [] if len(said) else [[*head, "", *[""] * len(EMOTIONS)]]
    return rows


def _scored_altered(model: nn.Module, testing: Sequence[Sounds], fold: int) -> list[Row]:
    """A line for each recording and alteration, its mean; the same where nothing was found."""
    rows: list[Row] = []
    for s in testing:
        head = [s.one.id, fold, s.one.speaker, s.one.label]
        for name in ALTERATIONS if s.altered else ():
            said = score(model, s.altered[name])
            mean = np.round(said.mean(0), 4) if len(said) else [""] * len(EMOTIONS)
            rows.append([*head, name, *mean])
    return rows


def _write(path: Path, what: str, rows: Sequence[Row]) -> None:
    with atomic(path) as partial, partial.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "fold", "speaker", "label", what, *EMOTIONS.names])
        writer.writerows(rows)


def corpora(root: Path) -> list[Utterance]:
    """All recordings of the three corpora under a folder."""
    return [*ravdess(root / "ravdess"), *emodb(root / "emodb"), *java_sed(root / "java_sed")]


Run = Callable[[Path, VoiceRecipe], object]


def runs_on(data: Sequence[Sounds]) -> dict[str, Run]:
    """What `--only` chooses from: a folder and a recipe in, trained networks and tables out."""
    return {
        "java_sed": lambda out, r: cross_validate(data, "java_sed", JAVA_SED_FOLDS, out, r),
        "ravdess": lambda out, r: cross_validate(data, "ravdess", RAVDESS_FOLDS, out, r),
        "left_out": lambda out, r: leave_each_out(data, out, r),
        "final": lambda out, r: train(data, out / "final", r),
    }


def main() -> None:
    """Command line of the recipe."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", choices=["java_sed", "final", "ravdess", "left_out"])
    parser.add_argument("--seeds", type=int, default=5, help="trainings of everything but 'final'")
    parser.add_argument("--jobs", type=int, default=2, help="processes that read the recordings")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    options = parser.parse_args()
    recipe, seeds, clips = RECIPE, options.seeds, corpora(options.data)
    if options.quick:
        recipe, seeds = replace(recipe, fit=replace(recipe.fit, epochs=1, steps=2)), 1
    sounds = prepare_all(clips, options.out / "sounds", options.jobs, "ravdess")
    runs = runs_on(list(track(sounds, "reading", total=len(clips))))
    for name, run in runs.items():
        for seed in range(1 if name == "final" else seeds):
            if options.only in (None, name):
                seeded = replace(recipe, fit=replace(recipe.fit, seed=seed))
                run(folder_of(options.out, seed), seeded)
    write_seeds(options.out, seeds)


if __name__ == "__main__":
    main()

"""The voice of the default bundle: a front that heard 680,000 hours, and a head on five corpora.

    python -m project.bundle.voice DATA OUT --front whisper_front.npz

DATA holds the folders of the corpora, the front is what `project/weights/convert_pretrained.py`
wrote. Each corpus is scored with its speakers unseen (RAVDESS in six folds, Java-SED in four), and
each by a head that never heard the corpus. OUT gets `front.onnx`, tables of the held-out
log-probabilities with a line a recording (`voice_CORPUS.csv`, `voice_left_out_CORPUS.csv`, and
`voice_ravdess_altered.csv` with a line an alteration), and `voice.onnx`, the network that ships,
whose head learned from everything. A fit is convex: no seed changes it.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track

from mien.core.atomic import atomic
from mien.data.datasets.speech_corpora import (
    JAVA_SED_FOLDS,
    LANGUAGES,
    RAVDESS_FOLDS,
    Utterance,
    ased,
    emodb,
    java_sed,
    nemo,
    ravdess,
)
from mien.evaluation.verify.transfer import accuracy_among
from mien.labels import EMOTIONS
from mien.training.learners.linear import LinearHead
from mien.training.models.whisper_front import load_front
from mien.training.onnx_export import VoiceFront, export_voice
from project.bundle.trust import PAIRS
from project.bundle.voice_data import ALTERATIONS, Sounds, prepare_all
from project.bundle.voice_fit import RECIPE, VoiceRecipe, fit

__all__ = ["corpora", "cross_validate", "leave_each_out", "main", "train", "write_front"]

Floats = NDArray[np.float32]
Row = list[object]
_LONGEST = 200  # states of a stretch of 4 s


def corpora(root: Path) -> list[Utterance]:
    """All recordings of the corpora under a folder."""
    readers = {
        "ravdess": ravdess,
        "emodb": emodb,
        "java_sed": java_sed,
        "nemo": nemo,
        "ased": ased,
    }
    return [utterance for name in LANGUAGES for utterance in readers[name](root / name)]


def write_front(
    weights: Path, path: Path, recipe: VoiceRecipe = RECIPE, head: LinearHead | None = None
) -> None:
    """Write the voice network; without a head its log-probabilities are all the same."""
    front = load_front(weights, recipe.blocks, _LONGEST)
    size = 512 * recipe.read
    parts = torch.zeros(size, len(EMOTIONS)), torch.zeros(len(EMOTIONS))
    if head is not None:
        parts = torch.from_numpy(head.weights), torch.from_numpy(head.bias)
    export_voice(VoiceFront(front, recipe.read, parts), path)


def train(
    root: Path, out: Path, weights: Path, jobs: int = 2, utterances: Sequence[Utterance] = ()
) -> None:
    """Everything in OUT; what was read before is not read again.

    Args:
        root: folder of the corpora.
        out: gets the tables and the network.
        weights: of the front.
        jobs: processes that read.
        utterances: the recordings; all that there are, if not given.
    """
    clips = utterances or corpora(root)
    front = out / "front.onnx"
    out.mkdir(parents=True, exist_ok=True)
    if not front.exists():
        write_front(weights, front)
    read = prepare_all(clips, front, out / "states", jobs, "ravdess")
    sounds = list(track(read, "reading", total=len(clips)))
    cross_validate(sounds, "ravdess", RAVDESS_FOLDS, out)
    cross_validate(sounds, "java_sed", JAVA_SED_FOLDS, out)
    leave_each_out(sounds, out)
    take_each_alone(sounds, out)
    write_front(weights, out / "voice.onnx", head=fit(sounds))


def cross_validate(
    sounds: Sequence[Sounds], corpus: str, folds: Sequence[frozenset[str]], out: Path
) -> None:
    """Leave out each fold's speakers, learn from everything else, and write their scores."""
    rows: list[Row] = []
    altered: list[Row] = []
    for number, held_out in enumerate(folds):
        testing = [s for s in sounds if _is_of(s, corpus) and s.utterance.speaker in held_out]
        if not testing:
            continue
        head = fit(
            [s for s in sounds if not _is_of(s, corpus) or s.utterance.speaker not in held_out]
        )
        rows += [_line(s, number, None, s.states[0], head) for s in testing]
        altered += [
            _line(s, number, name, s.altered[name], head)
            for s in testing
            for name in (ALTERATIONS if s.altered else ())
        ]
    _write(out / f"voice_{corpus}.csv", rows)
    if altered:
        _write(out / f"voice_{corpus}_altered.csv", altered, "alteration")


def leave_each_out(sounds: Sequence[Sounds], out: Path) -> None:
    """For each corpus, learn from the others and write its scores."""
    for corpus in dict.fromkeys(s.utterance.corpus for s in sounds):
        head = fit([s for s in sounds if not _is_of(s, corpus)])
        testing = [s for s in sounds if _is_of(s, corpus)]
        rows = [_line(s, 0, None, s.states[0], head) for s in testing]
        _write(out / f"voice_left_out_{corpus}.csv", rows)


def take_each_alone(sounds: Sequence[Sounds], out: Path) -> None:
    """For each corpus, learn from it alone and score all others; then from all others."""
    names = list(dict.fromkeys(s.utterance.corpus for s in sounds))
    rows: list[Row] = []
    for source in names:
        head = fit([s for s in sounds if _is_of(s, source)])
        others = [name for name in names if name != source]
        rows += [[source, name, *_accuracies(head, sounds, name)] for name in others]
    for name in names:
        head = fit([s for s in sounds if not _is_of(s, name)])
        rows.append(["all others", name, *_accuracies(head, sounds, name)])
    with atomic(out / PAIRS) as partial, partial.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["trained_on", "tested_on", "n", "accuracy", "among"])
        writer.writerows(rows)


def _accuracies(head: LinearHead, sounds: Sequence[Sounds], corpus: str) -> Row:
    """How many recordings with speech, and how often right, also among the corpus's classes."""
    testing = [s for s in sounds if _is_of(s, corpus) and not np.isnan(s.states[0][0])]
    labels = np.array([EMOTIONS.index(s.utterance.label) for s in testing])
    answers = head(np.stack([s.states[0] for s in testing]))
    right = float((answers.argmax(1) == labels).mean())
    return [len(testing), round(right, 4), round(accuracy_among(answers, labels), 4)]


def _is_of(sounds: Sounds, corpus: str) -> bool:
    return sounds.utterance.corpus == corpus


def _line(s: Sounds, fold: int, alteration: str | None, state: Floats, head: LinearHead) -> Row:
    """A recording's log-probabilities; empty where no speech was found."""
    utterance = s.utterance
    start: Row = [utterance.id, fold, utterance.speaker, utterance.label]
    start += [] if alteration is None else [alteration]
    if np.isnan(state[0]):
        return [*start, *[""] * len(EMOTIONS)]
    return [*start, *np.round(head(state[None])[0], 4)]


def _write(path: Path, rows: Sequence[Row], *more: str) -> None:
    with atomic(path) as partial, partial.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["id", "fold", "speaker", "label", *more, *EMOTIONS.names])
        writer.writerows(rows)


def main() -> None:
    """Command line of the recipe."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--front", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2, help="processes that read the recordings")
    options = parser.parse_args()
    train(options.data, options.out, options.front, options.jobs)


if __name__ == "__main__":
    main()

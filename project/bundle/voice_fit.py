"""The head of the voice: logistic regression on mean states of a front that stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.labels import EMOTIONS
from mien.training.learners.linear import LinearHead, fit_head
from project.bundle.voice_data import Sounds

__all__ = ["RECIPE", "VoiceRecipe", "fit", "speaker_directions"]

Doubles = NDArray[np.float64]
_NOTHING = 1e-6  # part of the largest difference
_FEW = 40  # recordings of a speaker from which their mean counts in full


@dataclass(frozen=True)
class VoiceRecipe:
    """Numbers of the voice.

    Args:
        blocks: of Whisper base's encoder, from the front.
        read: so many of the last of these blocks are read, side by side.
        c: inverse of the strength of the L2 penalty.
        nuisance: directions in which speakers differ most, whatever they express, that the head
            does not see.
        altered: weight of altered versions beside that of the recordings themselves.
    """

    blocks: int = 3
    read: int = 2
    c: float = 0.008
    nuisance: int = 4
    altered: float = 0.5


RECIPE = VoiceRecipe()
"""What ships; see `reports/logs/voice_ideas.md` for what else was tried."""


def fit(sounds: Sequence[Sounds], recipe: VoiceRecipe = RECIPE) -> LinearHead:
    """Learn from recordings and their altered versions; corpora, and classes in each, are even."""
    versions = [
        (s.utterance, row, recipe.altered if number else 1.0)
        for s in sounds
        for number, row in enumerate(s.states)
        if not np.isnan(row[0])
    ]
    rows = np.stack([row for _, row, _ in versions]).astype(np.float64)
    labels = np.array([EMOTIONS.index(u.label) for u, _, _ in versions])
    corpora = np.array([u.corpus for u, _, _ in versions])
    speakers = np.array([f"{u.corpus} {u.speaker}" for u, _, _ in versions])
    weights = np.array([weight for _, _, weight in versions]) * even(labels, corpora)
    mean, spread = rows.mean(0), rows.std(0) + 1e-4
    rows = (rows - mean) / spread
    away = speaker_directions(rows, labels, speakers, recipe.nuisance)
    head = fit_head(rows - (rows @ away.T) @ away, labels, len(EMOTIONS), recipe.c, weights)
    folded = (head.weights - away.T @ (away @ head.weights)) / spread[:, None]
    return LinearHead(folded.astype(np.float32), (head.bias - mean @ folded).astype(np.float32))


def even(labels: NDArray[np.int64], corpora: NDArray[np.str_]) -> Doubles:
    """(n,) weights by which corpora weigh the same, and the classes that each one has."""
    weights = np.zeros(len(labels))
    for corpus in np.unique(corpora):
        inside = corpora == corpus
        classes = np.unique(labels[inside])
        for label in classes:
            chosen = inside & (labels == label)
            weights[chosen] = 1 / len(classes) / chosen.sum()
    return weights


def speaker_directions(
    rows: Doubles, labels: NDArray[np.int64], speakers: NDArray[np.str_], count: int
) -> Doubles:
    """(count,E) orthonormal directions in which the means of speakers differ most, or fewer.

    A speaker's mean is over their classes, each about the mean of its class, so that who showed
    what does not matter (nuisance attribute projection, Solomonoff et al. 2005).
    """
    classes = {label: rows[labels == label].mean(0) for label in np.unique(labels)}
    means = []
    for speaker in np.unique(speakers):
        inside = speakers == speaker
        offsets = [
            rows[inside & (labels == label)].mean(0) - classes[label]
            for label in np.unique(labels[inside])
        ]
        means.append(np.mean(offsets, axis=0) * np.sqrt(min(int(inside.sum()), _FEW)))
    _, sizes, directions = np.linalg.svd(np.array(means), full_matrices=False)
    return np.asarray(directions[:count][sizes[:count] > _NOTHING * sizes[0]])

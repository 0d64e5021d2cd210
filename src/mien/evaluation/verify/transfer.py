"""Scores of the bundle's branches on corpora left out of training, and what is fitted on them.

An answer of the bundle that ships rests on faces, voices, or both, of people, languages and
cameras that no training knew. So temperatures, weights and the threshold of `reliable` are fitted
on answers about corpora that were left out of training, and each corpus is reported with those
that the other corpora give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.datasets.speech_corpora import LANGUAGES
from mien.errors import UsageError
from mien.evaluation.metrics import Calibration, Scores, calibration, scores
from mien.evaluation.thresholds import RIGHT, confidence_from
from mien.evaluation.verify.clip_scores import FACES, Windows, clip_means
from mien.fusion.fit_log_pool import fit_log_pool, temperature
from mien.fusion.log_opinion import FusedLogPool
from mien.fusion.log_pool import LogPool
from mien.labels import EMOTIONS

__all__ = [
    "LEAST",
    "WANTED",
    "Fitted",
    "Shift",
    "UnseenCorpus",
    "accuracy_among",
    "both",
    "by_folds",
    "fit_numbers",
    "least_from",
    "shifts",
    "transfer_rows",
    "unseen",
]

LEAST = RIGHT
"""Share of right answers that an answer called reliable promises, on clips of any corpus."""
WANTED = 3 / 4
"""Share asked for on the corpora that a threshold is fitted on, so that another keeps `LEAST`.

Of 2/3, 0.7, 3/4, 0.8, 0.85 and 0.9 the least with which all voices but those of ASED keep it when
they have no part in the threshold; with 2/3 nEMO's did not.
"""
_THRESHOLDS = np.arange(0.25, 0.96, 0.01)
_ENOUGH = 10  # answers that a threshold must leave for a corpus to count in it
_MANY = 4  # corpora, from which on the worst does not count in the threshold
_NOTHING = np.where(np.arange(len(EMOTIONS)) == EMOTIONS.index("neutral"), -1.9, -1.95)
_SHRINK = 0.5  # of the weights, to equal ones

Rows = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class UnseenCorpus:
    """Outputs on a corpus that was left out of training.

    Args:
        name: of the corpus.
        branches: "face", "voice" or "face+voice", as temperatures are named.
        windows: ids, speakers and labels.
        parts: {branch: (n,C) log-probabilities}, of clips with all branches.
    """

    name: str
    branches: str
    windows: Windows
    parts: Mapping[str, Rows]

    @property
    def labels(self) -> Labels:
        """(n,) columns."""
        return self.windows.labels


@dataclass(frozen=True)
class Fitted:
    """The parameters of the bundle that are fitted on corpora left out of training.

    Args:
        pool: weights, and a temperature for each set of branches.
        reliable_from: confidence from which an answer is called reliable, for each set of branches
            that it may rest on.
    """

    pool: LogPool
    reliable_from: Mapping[str, float]

    def probabilities(self, answers: UnseenCorpus) -> Rows:
        """(n,C)."""
        fused = self.pool(answers.parts)
        assert fused is not None
        return fused

    @property
    def fusion(self) -> FusedLogPool:
        """The pool as a bundle has it."""
        names = tuple(sorted(self.pool.weights))
        return FusedLogPool(names, len(EMOTIONS), self.pool.weights, self.pool.temperatures)


def unseen(reports: Path) -> list[UnseenCorpus]:
    """The stored answers: faces of two corpora, voices of five, and the one that has both."""
    faces = {name: clip_means(reports / f"face_{name}.csv") for name in FACES}
    voices = {name: clip_means(reports / f"voice_left_out_{name}.csv") for name in LANGUAGES}
    result = [_single_branch(name, "face", windows) for name, windows in faces.items()]
    result += [_single_branch(name, "voice", windows) for name, windows in voices.items()]
    return [*result, both(faces["java_sed"], voices["java_sed"])]


def _single_branch(name: str, branch: str, windows: Windows) -> UnseenCorpus:
    """All recordings count: one without a detection gets "neutral" by a narrow margin."""
    absent = np.isnan(windows.rows[:, :1])
    return UnseenCorpus(name, branch, windows, {branch: np.where(absent, _NOTHING, windows.rows)})


def both(face: Windows, voice: Windows, name: str = "java_sed") -> UnseenCorpus:
    """Clips with a face and a voice.

    Raises:
        UsageError: the voice was not asked about a clip.
    """
    if lost := sorted(set(face.ids) - set(voice.ids)):
        raise UsageError(f"{name}: no clip '{lost[0]}' among the answers of the voice")
    index = {clip: i for i, clip in enumerate(voice.ids)}
    voice_rows = voice.rows[[index[clip] for clip in face.ids]]
    present = ~np.isnan(face.rows[:, 0]) & ~np.isnan(voice_rows[:, 0])
    parts = {"face": face.rows[present], "voice": voice_rows[present]}
    return UnseenCorpus(name, "face+voice", face.where(present), parts)


def fit_numbers(answers: Sequence[UnseenCorpus]) -> Fitted:
    """Temperatures, weights and threshold from answers about corpora left out.

    A temperature is the geometric mean of those of the corpora, so that none counts for its size.
    A threshold is the lowest from which `WANTED` of the answers are right on every corpus; where
    there are four or more, on all but the one that asks for most: on a corpus where no confidence
    is worth that much, no threshold helps, and the card says what is right there.
    """
    temperatures = {}
    weights = {"face": 0.5, "voice": 0.5}
    for corpus in answers:
        if corpus.branches == "face+voice":
            weights = dict(fit_log_pool(corpus.parts, corpus.labels, _SHRINK).weights)
    for branches in ("face", "voice", "face+voice"):
        group = [corpus for corpus in answers if corpus.branches == branches]
        plain = [_pooled(corpus, weights) for corpus in group]
        fits = [temperature(rows, corpus.labels) for rows, corpus in zip(plain, group, strict=True)]
        temperatures[branches] = float(np.exp(np.log(fits).mean())) if fits else np.nan
    single = [temperatures["face"], temperatures["voice"]]
    if np.isnan(temperatures["face+voice"]):  # no clips with both: as sure as the branches
        temperatures["face+voice"] = float(np.sqrt(np.prod(single)))
    pool = LogPool(weights, temperatures)
    sets = {
        name: [corpus for corpus in answers if corpus.branches == name] for name in temperatures
    }
    unsure = Fitted(pool, {})
    return Fitted(pool, {name: _threshold(unsure, group) for name, group in sets.items()})


def _pooled(corpus: UnseenCorpus, weights: Mapping[str, float]) -> Rows:
    total = sum(weights[branch] for branch in corpus.parts)
    parts = [weights[branch] / total * rows for branch, rows in corpus.parts.items()]
    return np.asarray(np.sum(parts, axis=0))


def _threshold(fitted: Fitted, answers: Sequence[UnseenCorpus]) -> float:
    needed = []
    for corpus in answers:
        probabilities = fitted.probabilities(corpus)
        right = probabilities.argmax(1) == corpus.labels
        needed.append(least_from(probabilities.max(1), right, WANTED))
    needed.sort()
    if not needed:
        return 1.0
    return round(needed[-2] if len(needed) >= _MANY else needed[-1], 2)


def least_from(sure: Rows, right: NDArray[np.bool_], share: float, enough: int = _ENOUGH) -> float:
    """The lowest confidence from which on this share of the answers is right, and from all higher
    ones; 1 if there is none.

    Args:
        sure, right: (n,) confidence of each answer, and whether it is right.
        share: wanted, in 0..1.
        enough: answers that a confidence must leave for it to be judged.
    """
    least = confidence_from(sure, right, _THRESHOLDS, share=share, enough=enough, throughout=True)
    return 1.0 if least is None else least


@dataclass(frozen=True)
class Shift:
    """The scores of one corpus, with parameters fitted on the other corpora.

    Args:
        answers: about it.
        scores: over all seven classes.
        among: accuracy where only the classes count that the corpus has.
        calibration: under shift.
        reliable: answers called reliable.
        right: how many of those are.
    """

    answers: UnseenCorpus
    scores: Scores
    among: float
    calibration: Calibration
    reliable: int
    right: int

    @property
    def title(self) -> str:
        """Corpus and branches, as the row is called."""
        return f"{self.answers.name}, {self.answers.branches.replace('+', ' and ')}"


def shifts(answers: Sequence[UnseenCorpus]) -> list[Shift]:
    """The scores of every corpus, with parameters fitted on the others."""
    result = []
    for corpus in answers:
        fitted = fit_numbers([other for other in answers if other.name != corpus.name])
        probabilities = fitted.probabilities(corpus)
        least = fitted.reliable_from[corpus.branches]
        sure, right = probabilities.max(1) >= least, probabilities.argmax(1) == corpus.labels
        speakers = list(corpus.windows.speakers)
        result.append(
            Shift(
                corpus,
                scores(corpus.labels, probabilities.argmax(1), len(EMOTIONS), speakers),
                accuracy_among(probabilities, corpus.labels),
                calibration(corpus.labels, probabilities),
                int(sure.sum()),
                int((sure & right).sum()),
            )
        )
    return result


def transfer_rows(reports: Path) -> dict[str, tuple[Scores, Calibration | None]]:
    """{title: scores and calibration} of every corpus, from the answers in a folder."""
    return {shift.title: (shift.scores, shift.calibration) for shift in shifts(unseen(reports))}


def accuracy_among(probabilities: Rows, labels: Labels) -> float:
    """Accuracy when only classes that the corpus has can be answered."""
    classes = np.unique(labels)
    return float((classes[probabilities[:, classes].argmax(1)] == labels).mean())


def by_folds(corpus: UnseenCorpus, fold: Labels, fit: Callable[[UnseenCorpus], Fitted]) -> Rows:
    """(n,C) probabilities of clips, each with parameters fitted on the clips of the other folds."""
    result = np.zeros((len(fold), len(EMOTIONS)))
    for number in np.unique(fold):
        held = fold == number
        fitted = fit(_where(corpus, ~held))
        result[held] = fitted.probabilities(_where(corpus, held))
    return result


def _where(corpus: UnseenCorpus, kept: NDArray[np.bool_]) -> UnseenCorpus:
    parts = {branch: rows[kept] for branch, rows in corpus.parts.items()}
    return UnseenCorpus(corpus.name, corpus.branches, corpus.windows.where(kept), parts)

"""Face, voice and both on Java-SED's video clips, from stored answers.

The face never saw the corpus; the voice learned from its other actors ("unseen actors") or heard
none of it ("never heard"). What joins them is fitted on the actors of the other folds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.datasets.speech_corpora import JAVA_SED_FOLDS, is_woman
from mien.errors import UsageError
from mien.evaluation.metrics import Calibration, Scores, calibration, mcnemar, scores
from mien.evaluation.reports.prior import prior_of
from mien.evaluation.scores import ScoreTable
from mien.evaluation.verify.clip_scores import clip_means
from mien.evaluation.verify.transfer import both, by_folds, fit_numbers
from mien.fusion.fit_log_pool import temperature
from mien.fusion.log_pool import softmax
from mien.labels import EMOTIONS

__all__ = ["against", "fusion_rows", "fusion_table"]

Row = tuple[Scores, Calibration | None]

VOICES = {"unseen actors": "voice_java_sed.csv", "never heard": "voice_left_out_java_sed.csv"}
"""Whose voices: the table of what the heads said."""


def fusion_table(reports: Path, voice: str = "unseen actors") -> ScoreTable:
    """Systems "face", "voice" and "fused", log-probabilities of every clip.

    A clip in which no speech was found has NaN for the voice, and its face alone for both.

    Args:
        reports: with the answers of both branches.
        voice: a key of `VOICES`.

    Raises:
        UsageError: they are not there.
    """
    face_means, voice_means = (
        clip_means(reports / "face_java_sed.csv"),
        clip_means(reports / VOICES[voice]),
    )
    index = {clip: i for i, clip in enumerate(voice_means.ids)}
    if lost := [clip for clip in face_means.ids if clip not in index]:
        raise UsageError(f"{reports / VOICES[voice]}: has no clip '{lost[0]}'")
    parts = {
        "face": face_means.rows,
        "voice": voice_means.rows[[index[clip] for clip in face_means.ids]],
    }
    fold = np.array(
        [next(k for k, f in enumerate(JAVA_SED_FOLDS) if s in f) for s in face_means.speakers]
    )
    systems = {name: _alone(rows, face_means.labels, fold) for name, rows in parts.items()}
    answers = both(face_means, voice_means)
    there = np.isin(np.array(face_means.ids), np.array(answers.windows.ids))
    fused = by_folds(answers, fold[there], lambda others: fit_numbers([others]))
    systems["fused"] = np.where(np.isnan(systems["face"]), systems["voice"], systems["face"])
    systems["fused"][there] = np.log(np.maximum(fused, 1e-12))
    seeds = np.zeros(len(fold), np.int64)
    return ScoreTable(
        EMOTIONS, face_means.ids, face_means.speakers, face_means.labels, fold, seeds, systems
    )


def _alone(
    rows: NDArray[np.float64], labels: NDArray[np.int64], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    """A branch at the temperature of the other folds; NaN where it is absent."""
    result, there = np.full_like(rows, np.nan), ~np.isnan(rows[:, 0])
    for number in np.unique(fold):
        held, others = there & (fold == number), there & (fold != number)
        fitted = temperature(rows[others], labels[others])
        result[held] = np.log(softmax(rows[held] / fitted))
    return result


def fusion_rows(reports: Path) -> dict[str, Row]:
    """Every row of the table, from the answers in a folder."""
    table, unheard = fusion_table(reports), fusion_table(reports, "never heard")
    rows = {f"Java-SED, {name}": _row(table, name) for name in table.systems}
    rows |= {
        f"Java-SED, {name}, corpus never heard": _row(unheard, name) for name in ("voice", "fused")
    }
    for name in ("face", "fused"):
        rows |= dict(_groups(table, name))
    return rows


def _groups(table: ScoreTable, system: str) -> Iterator[tuple[str, Row]]:
    """By sex, and the actors with the best and the worst recall."""
    speakers = np.array(table.speakers)
    women = np.array([is_woman("java_sed", speaker) for speaker in table.speakers])
    name = f"Java-SED, {system}"
    yield f"{name}, women", _row(table, system, women)
    yield f"{name}, men", _row(table, system, ~women)
    actors = {a: _row(table, system, speakers == a) for a in np.unique(speakers).tolist()}
    by_recall = sorted(actors, key=lambda actor: actors[actor][0].uar)
    yield f"{name}, best actor ({by_recall[-1]})", actors[by_recall[-1]]
    yield f"{name}, worst actor ({by_recall[0]})", actors[by_recall[0]]


def _row(table: ScoreTable, system: str, some: NDArray[np.bool_] | None = None) -> Row:
    """A system on all clips with its calibration, or on some of them without."""
    probabilities = table.probabilities(system, prior_of(table).rows)
    kept = np.ones(len(table), bool) if some is None else some
    speakers = np.array(table.speakers)[kept].tolist()
    groups = speakers if len(set(speakers)) > 1 else None
    truth = table.truth[kept]
    result = scores(truth, probabilities[kept].argmax(1), len(EMOTIONS), groups)
    return result, calibration(truth, probabilities) if some is None else None


def against(table: ScoreTable, branch: str) -> str:
    """Both together against one branch, in words."""
    prior = prior_of(table).rows
    fused, other = (
        table.probabilities(name, prior).argmax(1) == table.truth for name in ("fused", branch)
    )
    only, lost, p = mcnemar(fused, other)
    return f"only fused right {only}, only {branch} right {lost}, McNemar p = {p:.3g}"

"""Recompute each score of a card and compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mien.errors import UsageError
from mien.evaluation.cards import (
    ByFolds,
    CardScore,
    OnClips,
    OnCorpus,
    OnPictures,
    Stored,
    card_scores,
    score_text,
)
from mien.evaluation.verify.clips import scores_on_clips, scores_on_corpus
from mien.evaluation.verify.figures import Figures
from mien.evaluation.verify.missing import MissingDataError
from mien.evaluation.verify.pictures import scores_on_pictures
from mien.evaluation.verify.stored import scores_stored
from mien.inference.bundle import Bundle

__all__ = ["Check", "verify"]

Verdict = Literal["same", "DIFFERS", "not at hand", "by folds", "not told"]
Progress = Callable[[str, int, int], None]

_HALF = 0.0005  # of the last digit that a card prints, 0.1 %
_HALF_RECALL = 0.005  # recalls are printed in whole per cent
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Check:
    """One score of a card.

    Args:
        score: as it stands there.
        now: what is worked out now; None where that cannot be told here.
        verdict: "same" within the printed rounding, "DIFFERS", "not at hand": the data;
            "by folds": the networks are not in the bundle and their answers not stored; "not
            told": the card does not say how it was got.
        note: what differs or is missing, or what makes the score again.
    """

    score: CardScore
    now: Figures | None
    verdict: Verdict
    note: str = ""


def verify(
    bundle: Bundle,
    data: Path,
    progress: Progress | None = None,
    reports: Path = Path("reports"),
) -> list[Check]:
    """Recompute the scores for which the data are there.

    Args:
        bundle: with its card.
        data: the folder that the corpora are in.
        progress: called with (what is worked at, done, in all).
        reports: of the repository, with the stored answers of the networks of the folds.

    Raises:
        UsageError: `data` is no folder, or a corpus in it is damaged.
        BundleError: the card is damaged, or a network cannot give what the card has scores of.
        MediaError: a clip cannot be read.
    """
    if not data.is_dir():
        raise UsageError(f"{data}: no such folder; give the folder that your corpora are in")
    rows, report_progress = card_scores(bundle.path), progress or (lambda *_: None)
    figures: dict[str, Figures] = {}
    missing: dict[str, str] = {}
    for names, work in _work(bundle, rows, data, reports, report_progress):
        try:
            figures |= work()
        except MissingDataError as error:
            missing |= dict.fromkeys(names, str(error))
    return [_check(row, figures.get(row.name), missing.get(row.name, "")) for row in rows]


Work = tuple[list[str], Callable[[], Mapping[str, Figures]]]


def _work(
    bundle: Bundle,
    rows: tuple[CardScore, ...],
    data: Path,
    reports: Path,
    report_progress: Progress,
) -> Iterator[Work]:
    """(names of scores, the function that recomputes them), one for each method."""
    ways: tuple[tuple[type, Callable[..., Mapping[object, Any]]], ...] = (
        (OnPictures, scores_on_pictures),
        (OnCorpus, scores_on_corpus),
        (OnClips, scores_on_clips),
    )
    for kind, way in ways:
        methods = {r.name: r.how for r in rows if isinstance(r.how, kind)}
        if methods:
            yield list(methods), partial(_named, way, bundle, methods, data, report_progress)
    for report in dict.fromkeys(r.how.report for r in rows if isinstance(r.how, Stored)):
        stored = [r for r in rows if isinstance(r.how, Stored) and r.how.report == report]
        yield (
            [r.name for r in stored],
            partial(scores_stored, report, stored, reports, report_progress),
        )


def _named(
    way: Callable[..., Mapping[object, Any]],
    bundle: Bundle,
    methods: Mapping[str, Any],
    data: Path,
    report_progress: Progress,
) -> dict[str, Figures]:
    results = way(bundle, list(methods.values()), data, report_progress)
    return {
        name: result if isinstance(result, Figures) else Figures(result)
        for name, result in ((name, results[method]) for name, method in methods.items())
    }


def _check(score: CardScore, now: Figures | None, missing: str) -> Check:
    if score.text != score_text(score.n, score.accuracy, score.interval, score.stamp):
        return Check(score, now, "DIFFERS", "the card's text is not what its own figures say")
    if isinstance(score.how, ByFolds):
        return Check(score, None, "by folds", score.how.command)
    if now is None and isinstance(score.how, Stored) and not missing:
        return Check(score, None, "DIFFERS", "the stored answers give no such row")
    if now is None:
        return Check(score, None, "not at hand" if score.how else "not told", missing)
    differences = _differences(score, now)
    return Check(score, now, "DIFFERS" if differences else "same", "; ".join(differences))


def _differences(score: CardScore, now: Figures) -> list[str]:
    """The figures that are not the same within the printed rounding, in words."""
    texts = [f"n is {now.scores.n}, not {score.n}"] if now.scores.n != score.n else []
    for name, (here, there, half) in _pairs(score, now).items():
        if not abs(here - there) <= half + _ROUNDING:
            texts.append(f"{name} is {100 * here:.1f}, not {100 * there:.1f}")
    return texts


def _pairs(score: CardScore, now: Figures) -> dict[str, tuple[float, float, float]]:
    """{figure: (now, on the card, half of its last digit)}; shares."""
    s = now.scores
    pairs = {
        "accuracy": (s.accuracy, score.accuracy, _HALF),
        "the interval's lower end": (s.interval[0], score.interval[0], _HALF),
        "the interval's upper end": (s.interval[1], score.interval[1], _HALF),
        "UAR": (s.uar, score.uar, _HALF),
        "macro-F1": (s.macro_f1, score.macro_f1, _HALF),
    }
    if score.uar_interval is not None:
        low, high = s.uar_interval or (np.nan, np.nan)
        pairs["the UAR's lower end"] = (low, score.uar_interval[0], _HALF)
        pairs["the UAR's upper end"] = (high, score.uar_interval[1], _HALF)
    if score.ece is not None:
        ece = np.nan if now.calibration is None else now.calibration.ece
        pairs["ECE"] = (ece, score.ece, _HALF)
    for number, (recall, here) in enumerate(zip(score.recalls or (), s.recalls, strict=False), 1):
        there = np.nan if recall is None else recall
        if not (np.isnan(there) and np.isnan(here)):
            pairs[f"recall of class {number}"] = (float(here), there, _HALF_RECALL)
    return pairs

"""What the stored scores say of face, voice and both on Java-SED's video clips.

For every test fold the pool is fitted on the held-out scores of the other folds' actors.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from mien.datasets.speech_corpora import JAVA_SED_FOLDS, is_woman
from mien.evaluate.prior import prior_of
from mien.labels import EMOTIONS
from mien.metrics import calibration, mcnemar, scores
from mien.recipes.mien.clip_data import from_reports
from mien.recipes.mien.clip_models import POOL
from mien.recipes.mien.clip_pools import fit_fixed
from mien.recipes.mien.rows import Row
from mien.scores import ScoreTable

__all__ = ["against", "fusion_rows", "fusion_table", "reliable_from"]

_LEAST = 2 / 3  # share of right answers from which an answer is called reliable


def fusion_table(reports: Path) -> ScoreTable:
    """Systems "face", "voice" and "fused", the last by what the bundle ships with.

    Args:
        reports: with the scores of both branches.

    Raises:
        UsageError: they are not there.
    """
    data = from_reports(reports, JAVA_SED_FOLDS)
    with TemporaryDirectory() as scratch:
        systems = fit_fixed(data, Path(scratch)).systems
    named = {"face": "face", "voice": "voice", "fused": POOL}
    return data.table({name: systems[system] for name, system in named.items()})


def fusion_rows(reports: Path) -> dict[str, Row]:
    """Every row of the table, from the score tables in a folder."""
    table = fusion_table(reports)
    rows = {f"Java-SED, {name}": _row(table, name) for name in table.systems}
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
    said = table.probabilities(system, prior_of(table).rows)
    kept = np.ones(len(table), bool) if some is None else some
    speakers = np.array(table.speakers)[kept].tolist()
    groups = speakers if len(set(speakers)) > 1 else None
    truth = table.truth[kept]
    found = scores(truth, said[kept].argmax(1), len(EMOTIONS), groups)
    return found, calibration(truth, said) if some is None else None


def against(table: ScoreTable, branch: str) -> str:
    """Both together against one branch, in words."""
    prior = prior_of(table).rows
    fused, other = (
        table.probabilities(name, prior).argmax(1) == table.truth for name in ("fused", branch)
    )
    only, lost, p = mcnemar(fused, other)
    return f"only fused right {only}, only {branch} right {lost}, McNemar p = {p:.3g}"


def reliable_from(table: ScoreTable) -> float:
    """The lowest confidence, in steps of 0.05, from which two answers in three are right.

    1.0 where there is none.
    """
    said = table.probabilities("fused", prior_of(table).rows)
    confidence, right = said.max(1), said.argmax(1) == table.truth
    for least in np.arange(0.2, 0.95, 0.05):
        kept = confidence >= least
        if kept.any() and right[kept].mean() >= _LEAST:
            return round(float(least), 2)
    return 1.0

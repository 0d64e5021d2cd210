"""The table of all clip models, from what they said of held-out actors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from mien.checked import MisfitError, checked_json
from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.errors import UsageError
from mien.evaluate.build import build_report
from mien.evaluate.result import Comparison, Report, SystemReport
from mien.labels import EMOTIONS
from mien.metrics import Calibration, Scores, holm
from mien.recipes.mien.clip_choice import Choice, choose
from mien.recipes.mien.clip_data import from_reports
from mien.recipes.mien.clip_pools import Fits, fit_fixed
from mien.recipes.mien.rows import Row, facts, plain, write_report
from mien.scores import ScoreTable, read_scores, write_scores

__all__ = ["Facts", "clip_report", "clip_rows", "keep", "row_of"]

COMMAND = "python -m mien.recipes.mien.evaluate clips"
_TABLE, _FACTS = "clip_models.csv", "clip_models.json"

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """What is known of the trained clip models beside their scores.

    Args:
        encoder: SHA-256 of the face encoder that they were fitted on.
        numbers: {system: how many numbers were fitted on clips}.
        without: {branch: {system: part right where that branch is taken away}}.
        elsewhere: {system: part right on other faces}.
        alone: that of the face encoder itself.
        pictures: how many other faces.
    """

    encoder: str
    numbers: Mapping[str, int]
    without: Mapping[str, Mapping[str, float]]
    elsewhere: Mapping[str, float]
    alone: float
    pictures: int


def keep(fits: Mapping[int, Fits], known: Facts, reports: Path) -> None:
    """Store what the trained clip models said: `scores/clip_models.csv` and `.json`.

    Args:
        fits: {seed: systems}, of the clips that the reports have scores of.
        known: facts; `without` of the fits is worked out here.
        reports: with the scores of both branches.
    """
    data = from_reports(reports, JAVA_SED_FOLDS)
    tables = [data.table(one.systems, seed) for seed, one in fits.items()]
    first = tables[0]
    systems = {n: np.concatenate([t.systems[n] for t in tables]) for n in first.systems}
    seeds = np.concatenate([t.seed for t in tables])
    times = len(tables)
    table = ScoreTable(
        EMOTIONS,
        first.ids * times,
        first.speakers * times,
        np.tile(first.truth, times),
        np.tile(first.fold, times),
        seeds,
        systems,
    )
    folder = reports / "scores"
    folder.mkdir(parents=True, exist_ok=True)
    write_scores(table, folder / _TABLE)
    without = _without(list(fits.values()), first.truth)
    write_report(asdict(replace(known, without=without)), folder / _FACTS)


def _without(fits: list[Fits], truth: NDArray[np.int64]) -> dict[str, dict[str, float]]:
    """Part right of each system without a branch, mean over the seeds; no answer is wrong."""
    result: dict[str, dict[str, float]] = {}
    for branch in fits[0].without:
        for name in fits[0].without[branch]:
            each = [one.without[branch][name] for one in fits]
            right = [
                (~np.isnan(r[:, 0]) & (np.nan_to_num(r).argmax(1) == truth)).mean() for r in each
            ]
            result.setdefault(branch, {})[name] = round(float(np.mean(right)), 4)
    return result


def _kept(reports: Path) -> tuple[Report, Facts]:
    """The figures of all clip models, those that are not trained included."""
    path = reports / "scores" / _FACTS
    try:
        known = checked_json(path.read_bytes(), Facts)
    except (OSError, MisfitError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); make it with '{COMMAND}'") from None
    table = read_scores(reports / "scores" / _TABLE)
    data = from_reports(reports, JAVA_SED_FOLDS)
    times = len(table.seeds)
    if table.ids != data.ids * times:
        raise UsageError(f"{reports}: clip models and branches are of other clips; '{COMMAND}'")
    with TemporaryDirectory() as scratch:
        fixed = fit_fixed(data, Path(scratch))
    more = {name: np.tile(rows, (times, 1)) for name, rows in fixed.systems.items()}
    whole = replace(table, systems={**more, **table.systems})
    missing = _without([fixed], data.labels)
    without = {branch: {**missing[branch], **known.without[branch]} for branch in missing}
    known = replace(known, numbers={**fixed.numbers, **known.numbers}, without=without)
    return build_report(whole, title="clip models"), known


def clip_rows(reports: Path) -> dict[str, Row]:
    """Every clip model's figures, means over the seeds, from the stored scores."""
    report, known = _kept(reports)
    return {f"Clip model: {s.name}": row_of(s) for s in report.systems if s.name in known.numbers}


def row_of(one: SystemReport) -> Row:
    """Means over the seeds in the form of a single row."""
    recalls = [np.nan if c.recall is None else c.recall.mean for c in one.classes]
    found = Scores(
        one.n,
        one.accuracy.mean,
        one.accuracy_interval,
        one.uar.mean,
        one.uar_interval,
        one.macro_f1.mean,
        np.array(recalls),
        np.array(one.confusion),
    )
    return found, Calibration(one.ece.mean, one.ece_perfect, one.nll.mean, one.brier.mean, ())


def clip_report(reports: Path) -> Choice:
    """Write `clip_models.json` into the reports, and give what is to ship."""
    report, known = _kept(reports)
    chosen = choose(report, known.numbers, known.elsewhere, known.alone, known.pictures)
    tests = _against(report, chosen.best, set(known.numbers))
    rows = {}
    for one in report.systems:
        if one.name not in known.numbers:
            continue
        rows[f"Clip model: {one.name}"] = {
            **plain(row_of(one)),
            "uar_sd": one.uar.sd,
            "numbers": known.numbers[one.name],
            "without": {b: known.without[b][one.name] for b in known.without},
            "elsewhere": known.elsewhere.get(one.name, known.alone),
            "against_best": tests.get(one.name),
        }
    content = {
        **facts(COMMAND),
        "seeds": list(report.seeds),
        "encoder": known.encoder,
        "pictures": known.pictures,
        "alone": known.alone,
        "rows": rows,
        "choice": asdict(chosen),
    }
    write_report(content, reports / "clip_models.json")
    return chosen


def _against(report: Report, best: str, names: set[str]) -> dict[str, dict[str, float]]:
    """McNemar's test of each system against the best, adjusted by Holm over these."""
    pairs: dict[str, Comparison] = {}
    for one in report.comparisons:
        if best in (one.first, one.second) and {one.first, one.second} <= names:
            pairs[one.second if one.first == best else one.first] = one
    adjusted = holm([pair.p for pair in pairs.values()])
    return {
        name: {
            "difference": round(pair.difference * (1 if pair.second == best else -1), 4),
            "p_holm": round(p, 4),
        }
        for (name, pair), p in zip(pairs.items(), adjusted, strict=True)
    }

"""From a score table to a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.evaluation.metrics import (
    bootstrap_uar,
    calibration,
    confusion_counts,
    mean_sd,
    recalls_of,
    reliability,
    risk_coverage,
    scores,
    wilson,
)
from mien.evaluation.reports.pairs import compare
from mien.evaluation.reports.prior import prior_of
from mien.evaluation.reports.result import (
    Alteration,
    Bin,
    ClassReport,
    Cost,
    FoldReport,
    Report,
    Spread,
    SystemReport,
)
from mien.evaluation.scores import ScoreTable

__all__ = ["build_report"]

BINS = 15

Rows = NDArray[np.float64]
Mask = NDArray[np.bool_]


def build_report(
    table: ScoreTable,
    *,
    title: str,
    stamp: str = "",
    prior: Mapping[str, float] | None = None,
    facts: Mapping[str, str] | None = None,
    costs: Mapping[str, Cost] | None = None,
    alterations: Mapping[str, ScoreTable] | None = None,
) -> Report:
    """Work out all figures of a table.

    Args:
        table: the scores.
        title: name of the run.
        stamp: what makes the figures too good; goes beside every one of them.
        prior: {label: share} in the training clips; answers where a system is absent. None takes
            for each fold the shares in the other folds, which is what it was trained on; with
            a single fold, the shares in the table itself.
        facts: {name: text} about the run.
        costs: {system: what an answer costs}.
        alterations: {name: scores of the same clips, or some of them, altered}.

    Raises:
        UsageError: no clip has a label, a seed lacks clips of another, or an altered table has
            clips that the table has not.
    """
    known = table.truth >= 0
    unlabelled = len(set(np.array(table.ids)[~known].tolist()))
    table = table.where(known)
    if not len(table):
        raise UsageError(f"{title}: no clip has a label, so nothing can be scored")
    _check_seeds(table, title)
    answers, first_seed = prior_of(table, prior), table.where(table.seed == table.seeds[0])
    shares = np.bincount(first_seed.truth, minlength=len(table.labels)) / len(first_seed)
    system_costs = costs or {}
    return Report(
        title=title,
        stamp=stamp,
        labels=table.labels.names,
        n=len(first_seed),
        unlabelled=unlabelled,
        speakers=len(set(first_seed.speakers) - {""}),
        folds=len(np.unique(table.fold)),
        seeds=table.seeds,
        prior=answers.words,
        chance=1 / int((shares > 0).sum()),
        majority=float(shares.max()),
        facts=dict(facts or {}),
        systems=tuple(
            _system(table, name, answers.rows, stamp, system_costs.get(name, Cost()))
            for name in table.systems
        ),
        comparisons=compare({"": table}, stamps={"": stamp}, priors={"": prior}),
        alterations=_altered(table, alterations or {}, answers.rows, stamp),
    )


def _check_seeds(table: ScoreTable, title: str) -> None:
    ids = np.array(table.ids)
    every = set(table.ids)
    for seed in table.seeds:
        missing = every - set(ids[table.seed == seed].tolist())
        if missing:
            raise UsageError(
                f"{title}: seed {seed} lacks {len(missing)} clips, for example '{min(missing)}'; "
                "every seed needs all clips"
            )


@dataclass(frozen=True)
class _SystemAnswers:
    """The answers of a system under each seed: truth (n,), probabilities (n,C), answer (n,)."""

    table: ScoreTable
    probabilities: Rows
    seeds: tuple[Mask, ...]

    @property
    def answer(self) -> NDArray[np.int64]:
        return np.asarray(self.probabilities.argmax(1))

    @property
    def right(self) -> Mask:
        return np.asarray(self.answer == self.table.truth)

    @property
    def n(self) -> int:
        return int(self.seeds[0].sum())

    def confusion(self, rows: Mask) -> NDArray[np.int64]:
        classes = len(self.table.labels)
        return confusion_counts(self.table.truth[rows], self.answer[rows], classes)


def _answers(table: ScoreTable, system: str, prior: Rows) -> _SystemAnswers:
    seeds = tuple(np.asarray(table.seed == s) for s in table.seeds)
    return _SystemAnswers(table, table.probabilities(system, prior), seeds)


def _spread(values: list[float]) -> Spread:
    return Spread(*mean_sd(values))


def _system(table: ScoreTable, name: str, prior: Rows, stamp: str, cost: Cost) -> SystemReport:
    answers = _answers(table, name, prior)
    truth, answer = table.truth, answers.answer
    seed_scores = [scores(truth[s], answer[s], len(table.labels)) for s in answers.seeds]
    accuracy = _spread([per_seed.accuracy for per_seed in seed_scores])
    calibrations = [calibration(truth[s], answers.probabilities[s], BINS) for s in answers.seeds]
    risks = [
        risk_coverage(answers.right[s], answers.probabilities[s].max(1)) for s in answers.seeds
    ]
    return SystemReport(
        name=name,
        stamp=stamp,
        n=answers.n,
        absent=float(table.absent(name).sum()) / len(answers.seeds),
        accuracy=accuracy,
        accuracy_interval=wilson(accuracy.mean * answers.n, answers.n),
        uar=_spread([per_seed.uar for per_seed in seed_scores]),
        uar_interval=_by_speaker(answers),
        macro_f1=_spread([per_seed.macro_f1 for per_seed in seed_scores]),
        classes=_classes(answers),
        confusion=tuple(
            tuple(map(int, row))
            for row in np.sum([per_seed.confusion for per_seed in seed_scores], axis=0)
        ),
        ece=_spread([per_seed.ece for per_seed in calibrations]),
        ece_perfect=float(np.mean([per_seed.ece_perfect for per_seed in calibrations])),
        nll=_spread([per_seed.nll for per_seed in calibrations]),
        brier=_spread([per_seed.brier for per_seed in calibrations]),
        reliability=tuple(
            Bin(*values)
            for values in reliability(answers.right, answers.probabilities.max(1), BINS)
        ),
        risk=_hundred(np.mean(risks, axis=0)),
        aurc=_spread([float(risk.mean()) for risk in risks]),
        folds=_folds(answers),
        cost=cost,
    )


def _by_speaker(answers: _SystemAnswers) -> tuple[float, float] | None:
    speakers = np.array(answers.table.speakers)
    names = np.unique(speakers)
    if len(names) < 2:
        return None
    parts = [[answers.confusion(seed & (speakers == s)) for seed in answers.seeds] for s in names]
    return bootstrap_uar(np.array(parts))


def _classes(answers: _SystemAnswers) -> tuple[ClassReport, ...]:
    recalls = np.array([recalls_of(answers.confusion(seed)) for seed in answers.seeds])
    counts = answers.confusion(answers.seeds[0]).sum(1)
    result = []
    for c, label in enumerate(answers.table.labels.names):
        n = int(counts[c])
        recall = _spread(recalls[:, c].tolist()) if n else None
        interval = wilson(recall.mean * n, n) if recall else None
        result.append(ClassReport(label, n, recall, interval))
    return tuple(result)


def _hundred(risk: Rows) -> tuple[float, ...]:
    """The curve at 1 %, 2 %, ... 100 % of the clips."""
    indices = np.ceil(np.arange(1, 101) * len(risk) / 100).astype(int) - 1
    return tuple(risk[indices].tolist())


def _folds(answers: _SystemAnswers) -> tuple[FoldReport, ...]:
    table, result = answers.table, []
    for fold in np.unique(table.fold):
        masks = [seed & (table.fold == fold) for seed in answers.seeds]
        speakers = {table.speakers[i] for i in np.flatnonzero(masks[0])} - {""}
        accuracy = _spread([float(answers.right[m].mean()) for m in masks if m.any()])
        n = max(int(m.sum()) for m in masks)
        result.append(FoldReport(int(fold), n, tuple(sorted(speakers)), accuracy))
    return tuple(result)


def _altered(
    table: ScoreTable, altered: Mapping[str, ScoreTable], prior: Rows, stamp: str
) -> tuple[Alteration, ...]:
    where = {key: i for i, key in enumerate(_keys(table))}
    result = []
    for name, other in altered.items():
        if other.labels.names != table.labels.names:
            raise UsageError(f"altered clips '{name}': other labels than the unaltered ones")
        other = other.where(other.truth >= 0)
        _check_seeds(other, name)
        unknown = [key for key in _keys(other) if key not in where]
        if unknown:
            raise UsageError(
                f"altered clips '{name}': clip '{unknown[0][0]}', seed {unknown[0][1]} is not "
                "among the unaltered ones; score both with one manifest"
            )
        rows = np.array([where[key] for key in _keys(other)])
        unaltered = table.where(rows)
        for system in other.systems:
            result.append(_alteration(name, system, other, unaltered, prior[rows], stamp))
    return tuple(result)


def _keys(table: ScoreTable) -> list[tuple[str, int]]:
    return list(zip(table.ids, table.seed.tolist(), strict=True))


def _alteration(
    name: str, system: str, table: ScoreTable, unaltered: ScoreTable, prior: Rows, stamp: str
) -> Alteration:
    if system not in unaltered.systems:
        known = ", ".join(unaltered.systems)
        raise UsageError(f"altered clips '{name}': no system '{system}'; the run has {known}")
    answers, unaltered_answers = _answers(table, system, prior), _answers(unaltered, system, prior)
    seed_scores = [
        scores(table.truth[s], answers.answer[s], len(table.labels)) for s in answers.seeds
    ]
    accuracy = _spread([per_seed.accuracy for per_seed in seed_scores])
    return Alteration(
        name=name,
        system=system,
        stamp=stamp,
        n=answers.n,
        absent=float(table.absent(system).sum()) / len(answers.seeds),
        accuracy=accuracy,
        accuracy_interval=wilson(accuracy.mean * answers.n, answers.n),
        uar=_spread([per_seed.uar for per_seed in seed_scores]),
        change=accuracy.mean - float(unaltered_answers.right.mean()),
    )

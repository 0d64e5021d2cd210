"""Which of two systems is better: McNemar's exact test for all pairs, adjusted by Holm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from mien.errors import UsageError
from mien.evaluation.metrics import holm, mcnemar
from mien.evaluation.reports.prior import prior_of
from mien.evaluation.reports.result import Comparison
from mien.evaluation.scores import ScoreTable

__all__ = ["compare"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _System:
    """A system of a run: for each seed, whether its answer is right, (n,) in one order of clips."""

    name: str
    stamp: str
    right: Mapping[int, Mask]


def compare(
    tables: Mapping[str, ScoreTable],
    *,
    stamps: Mapping[str, str] | None = None,
    priors: Mapping[str, Mapping[str, float] | None] | None = None,
    systems: Sequence[str] = (),
) -> tuple[Comparison, ...]:
    """Compare every system with every other, within and across runs, on the same clips.

    Args:
        tables: {run: its scores}.
        stamps: {run: what makes its figures too good}.
        priors: {run: {label: share}}, see `build_report`.
        systems: compare only these; empty compares all.

    Returns:
        All pairs; they are one family for Holm's adjustment.

    Raises:
        UsageError: the tables differ in their labels or clips, or a system is in none of them.
    """
    known = {run: table.where(table.truth >= 0) for run, table in tables.items()}
    _check_same(known)
    every = {name for table in known.values() for name in table.systems}
    unknown = [name for name in systems if name not in every]
    if unknown:
        known_names = ", ".join(sorted(every))
        raise UsageError(f"no system '{unknown[0]}'; there are {known_names}")
    entries = [
        _System(
            f"{run}: {name}" if run else name,
            (stamps or {}).get(run, ""),
            _right(table, name, (priors or {}).get(run)),
        )
        for run, table in known.items()
        for name in table.systems
        if not systems or name in systems
    ]
    pairs = [_pair(first, second) for first, second in combinations(entries, 2)]
    adjusted = holm([pair.p for pair in pairs])
    return tuple(replace(pair, p_holm=p) for pair, p in zip(pairs, adjusted, strict=True))


def _check_same(tables: Mapping[str, ScoreTable]) -> None:
    """Refuse runs that cannot be compared, and say what differs."""
    runs = list(tables)
    for run in runs[1:]:
        _check_two(runs[0], tables[runs[0]], run, tables[run])


def _check_two(run_a: str, first: ScoreTable, run_b: str, second: ScoreTable) -> None:
    differing = set(first.labels.names) ^ set(second.labels.names)
    if differing:
        raise UsageError(
            f"{run_a} and {run_b}: not comparable, their labels differ by {_some(differing)}; "
            "train both on one label set"
        )
    truths_a, truths_b = _truths(first), _truths(second)
    for truths, other_truths, run, other in (
        (truths_a, truths_b, run_a, run_b),
        (truths_b, truths_a, run_b, run_a),
    ):
        only = truths.keys() - other_truths.keys()
        if only:
            raise UsageError(
                f"{run_a} and {run_b}: not comparable, {len(only)} clips are in {run} only and not "
                f"in {other} ({_some(only)}); score both on one manifest"
            )
    changed = {name for name in truths_a if truths_a[name] != truths_b[name]}
    if changed:
        name = min(changed)
        raise UsageError(
            f"{run_a} and {run_b}: not comparable, {len(changed)} clips are labelled differently "
            f"('{name}' is {truths_a[name]} and {truths_b[name]}); score both on one manifest"
        )


def _truths(table: ScoreTable) -> dict[str, str]:
    names = table.labels.names
    return {name: names[c] for name, c in zip(table.ids, table.truth, strict=True)}


def _some(names: set[str], most: int = 3) -> str:
    shown = ", ".join(f"'{name}'" for name in sorted(names)[:most])
    return shown + (", ..." if len(names) > most else "")


def _right(table: ScoreTable, system: str, prior: Mapping[str, float] | None) -> dict[int, Mask]:
    probabilities = table.probabilities(system, prior_of(table, prior).rows)
    right = probabilities.argmax(1) == table.truth
    result = {}
    for seed in table.seeds:
        rows = np.flatnonzero(table.seed == seed)
        order = sorted(rows.tolist(), key=lambda i: table.ids[i])
        result[seed] = np.asarray(right[order])
    return result


def _pair(first: _System, second: _System) -> Comparison:
    """One test for each common seed, or else for every pair of seeds of the two systems."""
    same = first.right.keys() == second.right.keys()
    seeds = (
        list(zip(first.right, first.right, strict=True))
        if same
        else list(product(first.right, second.right))
    )
    counts, p_values, gaps = [], [], []
    for first_seed, second_seed in seeds:
        a, b = first.right[first_seed], second.right[second_seed]
        only_first, only_second, p = mcnemar(a, b)
        counts.append((int((a & b).sum()), only_first, only_second, int((~a & ~b).sum())))
        p_values.append(p)
        gaps.append((only_first - only_second) / len(a))
    p = p_values[0] if len(p_values) == 1 else min(1.0, 2 * float(np.median(p_values)))
    return Comparison(
        first=first.name,
        second=second.name,
        stamp="; ".join(dict.fromkeys(s for s in (first.stamp, second.stamp) if s)),
        n=len(a),
        counts=tuple(counts),
        difference=float(np.mean(gaps)),
        p=p,
        p_holm=p,
    )

"""The short tables of a README: what `mien report --table` prints, so that no figure is typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mien.evaluation.reports import words
from mien.evaluation.reports.markdown import plain, table
from mien.evaluation.reports.result import Interval, Report, Spread, SystemReport

__all__ = ["summary"]


def summary(reports: Sequence[Report]) -> str:
    """All systems of all runs in one table, then one of altered clips for each run that has any.

    n stands beside every score, and what a stamp means below the tables.
    """
    parts = [_results(reports)]
    parts += [_altered(report, len(reports) > 1) for report in reports if report.alterations]
    parts += [
        f"{words.DAGGER} {plain(report.title)}: {plain(report.stamp)}; better than on new clips."
        for report in reports
        if report.stamp
    ]
    return "\n\n".join(parts)


def _results(reports: Sequence[Report]) -> str:
    several = len(reports) > 1
    head = ["system", "n", "accuracy (95 %)", "UAR (95 %)", "macro-F1", "ECE (if perfect)"]
    rows = [
        [_name(report, system.name, several), *_figures(system)]
        for report in reports
        for system in report.systems
    ]
    return table([*head, "s a clip", "MB"], rows)


def _name(report: Report, system: str, several: bool) -> str:
    return plain(f"{report.title}: {system}" if several else system)


def _figures(system: SystemReport) -> Iterable[str]:
    s = system.stamp
    yield str(system.n)
    yield _with(system.accuracy, system.accuracy_interval, s)
    yield _with(system.uar, system.uar_interval, s)
    yield words.percent(system.macro_f1, s)
    yield f"{words.number(system.ece, s, 2)} (≤ {system.ece_perfect:.2f})"
    yield words.cost(system.cost.seconds_per_clip)
    yield words.cost(system.cost.megabytes)


def _with(value: Spread, interval: Interval | None, stamp: str) -> str:
    return f"{words.percent(value, stamp)} ({words.interval(interval)})"


def _altered(report: Report, several: bool) -> str:
    """Alterations in rows, systems in columns: accuracy, and points gained or lost."""
    systems = [system.name for system in report.systems]
    cells = {(a.name, a.system): a for a in report.alterations}
    names = list(dict.fromkeys(a.name for a in report.alterations))
    plain_row = [words.percent(system.accuracy, system.stamp) for system in report.systems]
    rows = [["as they are", str(report.n), *plain_row]]
    for name in names:
        alterations = [cells.get((name, system)) for system in systems]
        texts = [
            f"{words.percent(a.accuracy, a.stamp)} ({words.points(a.change)})" if a else "–"
            for a in alterations
        ]
        n = max(a.n for a in alterations if a)
        rows.append([plain(name), str(n), *texts])
    head = [f"{report.title}, clips" if several else "clips", "n", *systems]
    return table([plain(title) for title in head], rows)

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
        [_name(report, one.name, several), *_figures(one)]
        for report in reports
        for one in report.systems
    ]
    return table([*head, "s a clip", "MB"], rows)


def _name(report: Report, system: str, several: bool) -> str:
    return plain(f"{report.title}: {system}" if several else system)


def _figures(one: SystemReport) -> Iterable[str]:
    s = one.stamp
    yield str(one.n)
    yield _with(one.accuracy, one.accuracy_interval, s)
    yield _with(one.uar, one.uar_interval, s)
    yield words.percent(one.macro_f1, s)
    yield f"{words.number(one.ece, s, 2)} (≤ {one.ece_perfect:.2f})"
    yield words.cost(one.cost.seconds_per_clip)
    yield words.cost(one.cost.megabytes)


def _with(value: Spread, interval: Interval | None, stamp: str) -> str:
    return f"{words.percent(value, stamp)} ({words.interval(interval)})"


def _altered(report: Report, several: bool) -> str:
    """Alterations in rows, systems in columns: accuracy, and points gained or lost."""
    systems = [one.name for one in report.systems]
    cells = {(a.name, a.system): a for a in report.alterations}
    names = list(dict.fromkeys(a.name for a in report.alterations))
    plain_row = [words.percent(one.accuracy, one.stamp) for one in report.systems]
    rows = [["as they are", str(report.n), *plain_row]]
    for name in names:
        mine = [cells.get((name, system)) for system in systems]
        said = [
            f"{words.percent(a.accuracy, a.stamp)} ({words.points(a.change)})" if a else "–"
            for a in mine
        ]
        n = max(a.n for a in mine if a)
        rows.append([plain(name), str(n), *said])
    head = [f"{report.title}, clips" if several else "clips", "n", *systems]
    return table([plain(one) for one in head], rows)

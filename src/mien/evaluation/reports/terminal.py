"""The report in the terminal: a table for each run, and one for the comparisons.

Figures never lose their end on a narrow terminal: intervals stand below them, and names fold.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.evaluation.reports import words
from mien.evaluation.reports.result import Alteration, Comparison, Report, SystemReport

__all__ = ["show_comparisons", "show_report"]


def show_report(console: Console, report: Report) -> None:
    """What was run and how, and a row for each system with n beside every score."""
    console.print(Text(report.title, style="bold"))
    for line in (words.protocol(report), words.origin(report)):
        if line:
            console.print(Text(line, style="dim"))
    if report.stamp:
        warning = f"{words.DAGGER} {report.stamp}: better than on new clips"
        console.print(Text(warning, style="bold yellow"))
    table = _table(["system"], ["n", "absent", "accuracy %", "UAR %", "macro-F1 %", "ECE"])
    for system in report.systems:
        table.add_row(*_system(system))
    console.print(table)
    if costs := [_cost(system) for system in report.systems if system.cost.megabytes]:
        console.print(Text(f"for a clip: {'; '.join(costs)}", style="dim"))
    _altered(console, report.alterations)
    if report.comparisons:
        show_comparisons(console, report.comparisons)


def _table(left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _system(system: SystemReport) -> list[Text]:
    s = system.stamp
    return [
        Text(system.name, style="bold"),
        Text(str(system.n)),
        Text(words.clips(system.absent)),
        _over(words.percent(system.accuracy, s), words.interval(system.accuracy_interval, s)),
        _over(words.percent(system.uar, s), words.interval(system.uar_interval, s)),
        Text(_bare(words.percent(system.macro_f1, s))),
        _over(words.number(system.ece, s, 2), f"perfect {system.ece_perfect:.2f}"),
    ]


def _cost(system: SystemReport) -> str:
    seconds, size = words.cost(system.cost.seconds_per_clip), words.cost(system.cost.megabytes)
    return f"{system.name} {seconds} s, {size} MB"


def _over(figure: str, below: str) -> Text:
    """A figure and, below it, what to compare it with."""
    return Text.assemble(_bare(figure), "\n", (below, "dim"))


def _bare(figure: str) -> str:
    """Without the per cent sign, which is in the column's head."""
    return figure.replace(" %", "")


def _altered(console: Console, alterations: Sequence[Alteration]) -> None:
    if not alterations:
        return
    right = ["n", "absent", "accuracy %", "UAR %", "points"]
    table = _table(["clips altered", "system"], right)
    for alteration in alterations:
        table.add_row(
            Text(alteration.name),
            Text(alteration.system),
            Text(str(alteration.n)),
            Text(words.clips(alteration.absent)),
            _over(
                words.percent(alteration.accuracy, alteration.stamp),
                words.interval(alteration.accuracy_interval, alteration.stamp),
            ),
            Text(_bare(words.percent(alteration.uar, alteration.stamp))),
            Text(words.points(alteration.change, alteration.stamp)),
        )
    console.print(table)


def show_comparisons(console: Console, pairs: Sequence[Comparison]) -> None:
    """A row for each pair with all counts; with several seeds one below the other."""
    right = ["n", "both", "only 1st", "only 2nd", "none", "points", "p", "Holm"]
    table = _table(["right, McNemar"], right)
    for pair in pairs:
        cells = [
            f"{pair.first}\n{pair.second}",
            str(pair.n),
            *words.counted(pair, "\n"),
            words.points(pair.difference, pair.stamp),
            words.p_value(pair.p, pair.stamp),
            words.p_value(pair.p_holm, pair.stamp),
        ]
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)

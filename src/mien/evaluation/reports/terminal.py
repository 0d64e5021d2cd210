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
        said = f"{words.DAGGER} {report.stamp}: better than on new clips"
        console.print(Text(said, style="bold yellow"))
    table = _table(["system"], ["n", "absent", "accuracy %", "UAR %", "macro-F1 %", "ECE"])
    for one in report.systems:
        table.add_row(*_system(one))
    console.print(table)
    if costs := [_cost(one) for one in report.systems if one.cost.megabytes]:
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


def _system(one: SystemReport) -> list[Text]:
    s = one.stamp
    return [
        Text(one.name, style="bold"),
        Text(str(one.n)),
        Text(words.clips(one.absent)),
        _over(words.percent(one.accuracy, s), words.interval(one.accuracy_interval, s)),
        _over(words.percent(one.uar, s), words.interval(one.uar_interval, s)),
        Text(_bare(words.percent(one.macro_f1, s))),
        _over(words.number(one.ece, s, 2), f"perfect {one.ece_perfect:.2f}"),
    ]


def _cost(one: SystemReport) -> str:
    seconds, size = words.cost(one.cost.seconds_per_clip), words.cost(one.cost.megabytes)
    return f"{one.name} {seconds} s, {size} MB"


def _over(figure: str, below: str) -> Text:
    """A figure and, under it, what it is to be judged by."""
    return Text.assemble(_bare(figure), "\n", (below, "dim"))


def _bare(figure: str) -> str:
    """Without the sign of per cent, which the column's head has."""
    return figure.replace(" %", "")


def _altered(console: Console, alterations: Sequence[Alteration]) -> None:
    if not alterations:
        return
    right = ["n", "absent", "accuracy %", "UAR %", "points"]
    table = _table(["clips altered", "system"], right)
    for one in alterations:
        table.add_row(
            Text(one.name),
            Text(one.system),
            Text(str(one.n)),
            Text(words.clips(one.absent)),
            _over(
                words.percent(one.accuracy, one.stamp),
                words.interval(one.accuracy_interval, one.stamp),
            ),
            Text(_bare(words.percent(one.uar, one.stamp))),
            Text(words.points(one.change, one.stamp)),
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

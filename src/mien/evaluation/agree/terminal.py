"""The comparison in the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.evaluation.agree import words
from mien.evaluation.agree.result import Pair, Study

__all__ = ["show_study"]


def show_study(console: Console, study: Study) -> None:
    """The answer, the pairs, recalls, lags and what has to be known."""
    console.print(Text(words.title(study), style="bold"))
    console.print(Text(words.uncoded(study)))
    for part in study.coverage:
        console.print(Text(f"{part.rater}: {words.coverage(study, part)}", style="dim"))
    for line in words.summary(study):
        console.print(Text(line, style="bold"))
    console.print(_pairs(study))
    if study.all_coders is not None:
        console.print(Text(f"alpha of all coders, by window: {words.kappa(study.all_coders)}"))
    console.print(_classes(study))
    for lag in study.lags:
        console.print(Text(words.lag(lag)))
    for remark in study.remarks:
        console.print(Text(f"! {remark}", style="yellow"))


def _pairs(study: Study) -> Table:
    table = _table("pair", "by", "n", "agreed", "kappa", "alpha")
    for pair in study.pairs:
        table.add_row(*map(Text, _cells(pair)))
    return table


def _cells(pair: Pair) -> list[str]:
    return [
        words.pair_name(pair),
        pair.by,
        str(pair.n),
        _below(words.percent(pair.agreed)),
        _below(words.kappa(pair.kappa)),
        _below(words.kappa(pair.alpha)),
    ]


def _below(text: str) -> str:
    """A figure with its interval below it."""
    return text.replace(" (", "\n(")


def _classes(study: Study) -> Table:
    ours = ["mien says so"] if study.answers else []
    others = ["other coders do"] if len(study.coders) > 1 else []
    table = _table("label", "coded", *ours, *others)
    for row in study.classes:
        values = [*([row.answers] if ours else []), *([row.coders] if others else [])]
        shares = [_below(words.percent(value)) for value in values]
        table.add_row(*map(Text, [row.label, str(row.n), *shares]))
    return table


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for k, name in enumerate(names):
        table.add_column(name, justify="left" if not k else "right", overflow="fold")
    return table

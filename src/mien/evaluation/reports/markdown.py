"""The report as Markdown: the same tables, for a README or a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mien.evaluation.reports import words
from mien.evaluation.reports.confusion_text import confusion_text
from mien.evaluation.reports.result import Comparison, Document, Report, SystemReport

__all__ = ["comparison_table", "markdown", "plain", "system_table", "table"]


def markdown(document: Document) -> str:
    """The whole report."""
    parts = [f"# {plain(document.title)}"]
    found = words.stamps(document)
    if found:
        parts.append(f"**{words.DAGGER} {plain(found)}**: better than on new clips.")
    for report in document.reports:
        parts += _run(report)
    if document.comparisons:
        parts += ["## All pairs of systems", comparison_table(document.comparisons)]
    return "\n\n".join(parts) + "\n"


def _run(report: Report) -> Iterable[str]:
    yield f"## {plain(report.title)}\n\n{words.protocol(report)}"
    yield system_table(report)
    yield (
        f"95 % intervals: Wilson for accuracy, bootstrap over speakers for UAR. Chance: UAR "
        f"{words.percent(report.chance)}; always the commonest class: accuracy "
        f"{words.percent(report.majority)}. "
        f"Absent systems answer with the prior: {plain(report.prior)}."
    )
    if report.unlabelled:
        yield f"{report.unlabelled} clips without a label are left out."
    if report.comparisons:
        yield "### Systems compared\n\n" + comparison_table(report.comparisons)
    if report.alterations:
        yield "### Altered clips\n\n" + _alterations(report)
    yield "### Recall of each class\n\n" + _recalls(report)
    for one in report.systems:
        yield f"### Confusion, {plain(one.name)}\n\n```\n{confusion_text(one)}\n```"
    yield "### About this run\n\n" + "\n".join(
        f"- {plain(name)}: {plain(text)}" for name, text in _facts(report).items()
    )


def _facts(report: Report) -> dict[str, str]:
    return {**report.facts, "seeds": " ".join(map(str, report.seeds))}


def system_table(report: Report) -> str:
    """A row for each system, n beside every score."""
    head = ["system", "n", "absent", "accuracy", "95 %", "UAR", "95 %", "macro-F1", "ECE"]
    head += ["ECE if perfect", "NLL", "Brier", "s a clip", "MB"]
    return table(head, [_system(one) for one in report.systems])


def _system(one: SystemReport) -> list[str]:
    s = one.stamp
    return [
        plain(one.name),
        str(one.n),
        words.clips(one.absent),
        words.percent(one.accuracy, s),
        words.interval(one.accuracy_interval, s),
        words.percent(one.uar, s),
        words.interval(one.uar_interval, s),
        words.percent(one.macro_f1, s),
        words.number(one.ece, s),
        f"≤ {one.ece_perfect:.3f}",
        words.number(one.nll, s),
        words.number(one.brier, s),
        words.cost(one.cost.seconds_per_clip),
        words.cost(one.cost.megabytes),
    ]


def comparison_table(pairs: Iterable[Comparison]) -> str:
    """A row for each pair, with all counts."""
    head = ["first", "second", "n", "both right", "only first", "only second", "neither"]
    head += ["points", "p", "p (Holm)"]
    return table(head, [_pair(pair) for pair in pairs])


def _pair(pair: Comparison) -> list[str]:
    return [
        plain(pair.first),
        plain(pair.second),
        str(pair.n),
        *words.counted(pair),
        words.points(pair.difference, pair.stamp),
        words.p_value(pair.p, pair.stamp),
        words.p_value(pair.p_holm, pair.stamp),
    ]


def _alterations(report: Report) -> str:
    head = ["clips altered", "system", "n", "absent", "accuracy", "95 %", "UAR", "points"]
    rows = [
        [
            plain(one.name),
            plain(one.system),
            str(one.n),
            words.clips(one.absent),
            words.percent(one.accuracy, one.stamp),
            words.interval(one.accuracy_interval, one.stamp),
            words.percent(one.uar, one.stamp),
            words.points(one.change, one.stamp),
        ]
        for one in report.alterations
    ]
    return table(head, rows)


def _recalls(report: Report) -> str:
    head = ["class", "n", *(plain(one.name) for one in report.systems)]
    rows = []
    for row in zip(*(one.classes for one in report.systems), strict=True):
        said = ["–" if c.recall is None else words.percent(c.recall, report.stamp) for c in row]
        rows.append([plain(row[0].label), str(row[0].n), *said])
    return table(head, rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, figures to the right."""
    line = "|".join("---" if k == 0 else "---:" for k in range(len(head)))
    body = [" | ".join(row) for row in rows]
    return "\n".join(f"| {one} |" for one in [" | ".join(head), line, *body])


def plain(value: str) -> str:
    """Text of others that cannot break a table or become markup."""
    escaped = "".join(f"\\{c}" if c in "\\|*_`<>[]#" else c for c in value)
    return escaped.replace("\n", " ")

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
    stamp = words.stamps(document)
    if stamp:
        parts.append(f"**{words.DAGGER} {plain(stamp)}**: better than on new clips.")
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
    for system in report.systems:
        yield f"### Confusion, {plain(system.name)}\n\n```\n{confusion_text(system)}\n```"
    yield "### About this run\n\n" + "\n".join(
        f"- {plain(name)}: {plain(text)}" for name, text in _facts(report).items()
    )


def _facts(report: Report) -> dict[str, str]:
    return {**report.facts, "seeds": " ".join(map(str, report.seeds))}


def system_table(report: Report) -> str:
    """A row for each system, n beside every score."""
    head = ["system", "n", "absent", "accuracy", "95 %", "UAR", "95 %", "macro-F1", "ECE"]
    head += ["ECE if perfect", "NLL", "Brier", "s a clip", "MB"]
    return table(head, [_system(system) for system in report.systems])


def _system(system: SystemReport) -> list[str]:
    s = system.stamp
    return [
        plain(system.name),
        str(system.n),
        words.clips(system.absent),
        words.percent(system.accuracy, s),
        words.interval(system.accuracy_interval, s),
        words.percent(system.uar, s),
        words.interval(system.uar_interval, s),
        words.percent(system.macro_f1, s),
        words.number(system.ece, s),
        f"≤ {system.ece_perfect:.3f}",
        words.number(system.nll, s),
        words.number(system.brier, s),
        words.cost(system.cost.seconds_per_clip),
        words.cost(system.cost.megabytes),
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
            plain(alteration.name),
            plain(alteration.system),
            str(alteration.n),
            words.clips(alteration.absent),
            words.percent(alteration.accuracy, alteration.stamp),
            words.interval(alteration.accuracy_interval, alteration.stamp),
            words.percent(alteration.uar, alteration.stamp),
            words.points(alteration.change, alteration.stamp),
        ]
        for alteration in report.alterations
    ]
    return table(head, rows)


def _recalls(report: Report) -> str:
    head = ["class", "n", *(plain(system.name) for system in report.systems)]
    rows = []
    for row in zip(*(system.classes for system in report.systems), strict=True):
        recalls = ["–" if c.recall is None else words.percent(c.recall, report.stamp) for c in row]
        rows.append([plain(row[0].label), str(row[0].n), *recalls])
    return table(head, rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, figures to the right."""
    line = "|".join("---" if k == 0 else "---:" for k in range(len(head)))
    body = [" | ".join(row) for row in rows]
    return "\n".join(f"| {row_text} |" for row_text in [" | ".join(head), line, *body])


def plain(value: str) -> str:
    """Text of others that cannot break a table or become markup."""
    escaped = "".join(f"\\{c}" if c in "\\|*_`<>[]#" else c for c in value)
    return escaped.replace("\n", " ")

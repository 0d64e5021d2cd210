"""The page of a report: one self-contained file in the look of the answers' page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib import resources
from string import Template

from mien import __version__
from mien.core.published import readable
from mien.evaluation.reports import words
from mien.evaluation.reports.confusion_text import confusion_text
from mien.evaluation.reports.heat_map import heat_map
from mien.evaluation.reports.plots import recalls, reliability, risk_coverage, whisker
from mien.evaluation.reports.result import Alteration, Comparison, Document, Report, SystemReport
from mien.output.report.palette import COLOURS

__all__ = ["page"]


def page(document: Document) -> str:
    """The page as text. Everything from outside is escaped."""
    template = (resources.files("mien.evaluation.reports") / "page.html").read_text("utf-8")
    several = len(document.reports) > 1
    return Template(template).substitute(
        title=_text(document.title),
        style=_style(),
        warning=_warning(document),
        overview=_overview(document.reports),
        comparisons=_comparisons("All pairs of systems", document.comparisons),
        sections="".join(_sections(report, several) for report in document.reports),
        version=escape(__version__),
    )


def _text(value: str) -> str:
    return escape(readable(value))


def _style() -> str:
    """The look of the answers' page."""
    text = (resources.files("mien.output.report") / "page.html").read_text("utf-8")
    style = text[text.index("<style>") + len("<style>") : text.index("</style>")]
    return Template(style).substitute(
        colours="".join(f"--{name}:{colour};" for name, colour in COLOURS.items()), fills=""
    )


def _warning(document: Document) -> str:
    stamp = words.stamps(document)
    if not stamp:
        return ""
    return (
        f'<p class="warn">{words.DAGGER} {_text(stamp)} <span>– figures with this mark are better '
        "than the systems are on new clips</span></p>"
    )


def _overview(reports: Iterable[Report]) -> str:
    return "".join(_table_of(report) for report in reports)


def _table_of(report: Report) -> str:
    """All systems of a run in one table, with n beside every score."""
    costly = any(s.cost.seconds_per_clip or s.cost.megabytes for s in report.systems)
    names = ["system", "n", "absent", "accuracy", "95 %", "UAR", "95 %", ""]
    names += ["macro-F1", "ECE", "NLL"]
    head = _heads([*names, *(["s a clip", "MB"] if costly else [])])
    rows = "".join(_system_row(system, report, costly) for system in report.systems)
    floor = (
        f"Chance (dashed): UAR {words.percent(report.chance)}. Always the commonest class: "
        f"accuracy {words.percent(report.majority)}. "
        f"Where a system was absent, the prior answered: {report.prior}."
    )
    more = f" {report.unlabelled} clips without a label are left out." if report.unlabelled else ""
    return (
        f"<section><h2>{_text(report.title)}<small>{_text(words.protocol(report))}</small></h2>"
        f'<div class="scroll"><table class="figures">{head}<tbody>{rows}</tbody></table></div>'
        f'<p class="soft">{_text(floor + more)}</p><p class="soft">{_text(words.origin(report))}'
        "</p></section>"
    )


def _heads(names: Iterable[str]) -> str:
    return (
        "<thead><tr>"
        + "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in names)
        + "</tr></thead>"
    )


def _system_row(system: SystemReport, report: Report, costly: bool) -> str:
    stamp = system.stamp
    label = f"UAR {words.percent(system.uar)}, 95 % interval {words.interval(system.uar_interval)}"
    cells = [
        str(system.n),
        words.clips(system.absent),
        f"<b>{words.percent(system.accuracy, stamp)}</b>",
        f"<small>{words.interval(system.accuracy_interval, stamp)}</small>",
        f"<b>{words.percent(system.uar, stamp)}</b>",
        f"<small>{words.interval(system.uar_interval, stamp)}</small>",
        whisker(system.uar.mean, system.uar_interval, report.chance, label),
        words.percent(system.macro_f1, stamp),
        words.number(system.ece, stamp, 2),
        words.number(system.nll, stamp, 2),
    ]
    if costly:
        cells += [words.cost(system.cost.seconds_per_clip), words.cost(system.cost.megabytes)]
    row = "".join(
        f"<td{' class=wide' if cell.startswith('<svg') else ''}>{cell}</td>" for cell in cells
    )
    return f'<tr><th scope="row">{_text(system.name)}</th>{row}</tr>'


def _comparisons(title: str, pairs: Iterable[Comparison]) -> str:
    rows = "".join(_pair_row(pair) for pair in pairs)
    if not rows:
        return ""
    names = ["pair", "n", "both right", "only 1st", "only 2nd", "neither", "points"]
    return (
        f"<section><h2>{title}<small>McNemar's exact test on the same clips, adjusted by Holm for "
        f'all pairs</small></h2><div class="scroll"><table class="figures">'
        f"{_heads([*names, 'p', 'p adjusted'])}<tbody>{rows}</tbody></table></div></section>"
    )


def _pair_row(pair: Comparison) -> str:
    cells = [
        str(pair.n),
        *words.counted(pair, "<br>"),
        words.points(pair.difference, pair.stamp),
        words.p_value(pair.p, pair.stamp),
        f"<b>{escape(words.p_value(pair.p_holm, pair.stamp))}</b>",
    ]
    cells[6] = escape(cells[6])
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    return (
        f'<tr><th scope="row">{_text(pair.first)} <small>against</small> {_text(pair.second)}</th>'
        f"{row}</tr>"
    )


def _sections(report: Report, several: bool) -> str:
    """Everything about one run."""
    prefix = f"{report.title}: " if several else ""
    return (
        _comparisons(f"{_text(prefix)}Systems compared", report.comparisons)
        + _alterations(report, prefix)
        + "".join(_system_section(system, report, prefix) for system in report.systems)
        + _folds(report, prefix)
        + _facts(report, prefix)
    )


def _system_section(system: SystemReport, report: Report, prefix: str) -> str:
    seeds = len(report.seeds)
    half = words.percent(1 - system.risk[49], system.stamp)
    pictures = [
        ("Confusion", "per cent of the true class, and clips", heat_map(system, seeds)),
        ("Recall of each class", "with the clips of it and 95 % intervals", recalls(system)),
        ("Reliability", words.calibrated(system), reliability(system, seeds)),
        (
            "Risk and coverage",
            f"area {words.number(system.aurc, system.stamp)}; of the surer half {half} are right",
            risk_coverage(system, report),
        ),
    ]
    figures = "".join(
        f"<figure><figcaption>{name}<small>{_text(subtitle)}</small></figcaption>{drawn}</figure>"
        for name, subtitle, drawn in pictures
    )
    absent = (
        f", {words.clips(system.absent)} of them answered with the prior" if system.absent else ""
    )
    brier = words.number(system.brier, system.stamp)
    return (
        f"<section><h2>{_text(prefix + system.name)}<small>{system.n} clips{absent}; Brier {brier}"
        f'</small></h2><div class="pictures">{figures}</div><details><summary>The confusion matrix '
        f"as text</summary><pre>{_lines(confusion_text(system))}</pre></details></section>"
    )


def _lines(text: str) -> str:
    return "\n".join(_text(line) for line in text.split("\n"))


def _alterations(report: Report, prefix: str) -> str:
    if not report.alterations:
        return ""
    rows, last = "", ""
    for alteration in report.alterations:
        rows += _altered_row(alteration, "" if alteration.name == last else alteration.name)
        last = alteration.name
    names = ["clips altered", "system", "n", "absent", "accuracy", "95 %", "", "UAR", "points"]
    return (
        f"<section><h2>{_text(prefix)}Altered clips<small>the same trainings on the same clips, "
        "made worse; points and the dashed line: against the clips as they are</small></h2>"
        f'<div class="scroll"><table class="figures">{_heads(names)}<tbody>{rows}</tbody></table>'
        "</div></section>"
    )


def _altered_row(alteration: Alteration, name: str) -> str:
    accuracy = words.percent(alteration.accuracy, alteration.stamp)
    label = f"{alteration.name}, {alteration.system}: accuracy {accuracy}"
    bar = whisker(
        alteration.accuracy.mean,
        alteration.accuracy_interval,
        alteration.accuracy.mean - alteration.change,
        label,
    )
    cells = [
        _text(alteration.system),
        str(alteration.n),
        words.clips(alteration.absent),
        f"<b>{words.percent(alteration.accuracy, alteration.stamp)}</b>",
        f"<small>{words.interval(alteration.accuracy_interval, alteration.stamp)}</small>",
        bar,
        words.percent(alteration.uar, alteration.stamp),
        words.points(alteration.change, alteration.stamp),
    ]
    row = "".join(
        f"<td{' class=wide' if cell.startswith('<svg') else ''}>{cell}</td>" for cell in cells
    )
    return f'<tr><th scope="row">{_text(name)}</th>{row}</tr>'


def _folds(report: Report, prefix: str) -> str:
    """Accuracy of each system in each test fold."""
    if report.folds < 2:
        return ""
    names = ["fold", "speakers", "n", *(_text(system.name) for system in report.systems)]
    rows = ""
    for row in zip(*(system.folds for system in report.systems), strict=True):
        cells = "".join(f"<td>{words.percent(fold.accuracy, report.stamp)}</td>" for fold in row)
        who = _text(_listed(row[0].speakers))
        rows += (
            f'<tr><th scope="row">{row[0].fold}</th><td>{who}</td><td>{row[0].n}</td>{cells}</tr>'
        )
    return (
        f"<section><h2>{_text(prefix)}Test folds<small>accuracy in each</small>"
        f'</h2><div class="scroll"><table class="figures">{_heads(names)}<tbody>{rows}'
        "</tbody></table></div></section>"
    )


def _listed(names: tuple[str, ...], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return " ".join(names[:most]) + more if names else "–"


def _facts(report: Report, prefix: str) -> str:
    rows = {**report.facts, "seeds": " ".join(map(str, report.seeds)), "mien": __version__}
    shown = "".join(f"<dt>{_text(k)}</dt><dd><bdi>{_text(v)}</bdi></dd>" for k, v in rows.items())
    return f"<section><h2>{_text(prefix)}About this run</h2><dl>{shown}</dl></section>"

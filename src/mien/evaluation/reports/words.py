"""Figures as text, the same in the terminal, the page and the Markdown.

A figure of a run that carries a stamp is followed by a dagger, and the dagger is explained where
the figure stands.
"""

from __future__ import annotations

from collections.abc import Iterable

from mien.evaluation.reports.result import (
    Comparison,
    Document,
    Interval,
    Report,
    Spread,
    SystemReport,
)

__all__ = [
    "DAGGER",
    "calibrated",
    "clips",
    "cost",
    "counted",
    "interval",
    "number",
    "origin",
    "p_value",
    "percent",
    "points",
    "protocol",
    "short",
    "stamps",
]

DAGGER = "†"


def percent(value: Spread | float, stamp: str = "", digits: int = 1) -> str:
    """55.6 %, or 55.6 ± 1.2 % over seeds."""
    mean, sd = (value.mean, value.sd) if isinstance(value, Spread) else (value, None)
    spread = "" if sd is None else f" ± {100 * sd:.{digits}f}"
    return f"{100 * mean:.{digits}f}{spread} %{_mark(stamp)}"


def number(value: Spread | float, stamp: str = "", digits: int = 3) -> str:
    """0.123, or 0.123 ± 0.010 over seeds."""
    mean, sd = (value.mean, value.sd) if isinstance(value, Spread) else (value, None)
    spread = "" if sd is None else f" ± {sd:.{digits}f}"
    return f"{mean:.{digits}f}{spread}{_mark(stamp)}"


def interval(value: Interval | None, stamp: str = "") -> str:
    """50.6–60.5."""
    if value is None:
        return "–"
    low, high = (100 * min(1.0, max(0.0, v)) for v in value)
    return f"{low:.1f}–{high:.1f}{_mark(stamp)}"


def points(value: float, stamp: str = "") -> str:
    """A difference in points of per cent, with its sign."""
    return f"{100 * value:+.1f}{_mark(stamp)}".replace("-", "−")


def p_value(value: float, stamp: str = "") -> str:
    """0.034, or <0.001."""
    text = "<0.001" if value < 0.001 else f"{value:.3f}"
    return text + _mark(stamp)


def cost(value: float | None) -> str:
    """Seconds or megabytes: 0.114, or a dash where they were not measured."""
    return "–" if value is None else f"{value:.3g}"


def counted(pair: Comparison, between: str = " ") -> list[str]:
    """Both right, only the first, only the second, neither; of each test with several seeds."""
    columns = zip(*pair.counts, strict=True)
    return [between.join(f"{v}{_mark(pair.stamp)}" for v in c) for c in columns]


def clips(value: float) -> str:
    """A number of clips, which is a mean over seeds: 3 or 2.5."""
    return f"{value:.0f}" if value == round(value) else f"{value:.1f}"


def protocol(report: Report) -> str:
    """n, speakers, folds and seeds in one line."""
    parts = [f"{report.n} clips"]
    if report.speakers:
        parts.append(_many(report.speakers, "speaker"))
    parts.append(_many(report.folds, "test fold"))
    parts.append(_many(len(report.seeds), "seed"))
    if len(report.seeds) > 1:
        parts.append("mean ± sd over the seeds")
    return ", ".join(parts)


def origin(report: Report) -> str:
    """What was run on which data, how and when, as far as the run recorded it."""
    wanted = ("recipe", "data", "folds", "date", "hardware")
    return "; ".join(f"{name}: {report.facts[name]}" for name in wanted if name in report.facts)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def calibrated(system: SystemReport) -> str:
    """The calibration error, compared with that of perfect calibration."""
    ece = f"ECE {number(system.ece, system.stamp)}"
    perfect = f"{system.ece_perfect:.3f}"
    if system.ece.mean <= system.ece_perfect:
        return f"{ece}: no more than a perfectly calibrated model would show (95th pct {perfect})"
    bins, total = system.reliability, sum(bin_.n for bin_ in system.reliability)
    gap = sum(bin_.n * (bin_.confidence - bin_.accuracy) for bin_ in bins) / total
    verdict = "too sure" if gap > 0 else "not sure enough"
    return f"{ece}: {verdict}; a perfectly calibrated model would show up to {perfect} (95th pct)"


def short(labels: Iterable[str]) -> dict[str, str]:
    """Two letters for each label as in the papers (AN DI FE ...), more where they clash."""
    names = list(labels)
    for length in range(2, max(map(len, names), default=2) + 1):
        result = {name: name[:length].upper() for name in names}
        if len(set(result.values())) == len(names):
            return result
    return {name: name.upper() for name in names}


def stamps(document: Document) -> str:
    """The meaning of the dagger; "" where nothing is stamped."""
    texts = dict.fromkeys(report.stamp for report in document.reports if report.stamp)
    return "; ".join(texts)


def _mark(stamp: str) -> str:
    return DAGGER if stamp else ""

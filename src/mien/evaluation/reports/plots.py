"""Pictures of a report as inline SVG: calibration, confidence, recalls, whiskers.

Colours are those of the page (`palette` and its grey tones), so that the pictures
follow its light and dark look. Units of the drawings are pixels at full width.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from mien.evaluation.metrics import wilson
from mien.evaluation.reports import words
from mien.evaluation.reports.result import Bin, ClassReport, Interval, Report, SystemReport
from mien.output.report.palette import css

__all__ = ["note", "recalls", "reliability", "risk_coverage", "svg", "whisker"]

_WIDTH, _HEIGHT = 460, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 14, 44  # px around the plane of a plot
_SHOWN = (0.25, 0.5, 0.75, 1)  # coverages whose risk is written at the curve
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM


def svg(width: float, height: float, label: str, inside: str, kind: str = "plot") -> str:
    """An SVG picture with a text alternative."""
    return (
        f'<svg role="img" aria-label="{escape(label)}" class="{kind}" '
        f'viewBox="0 0 {width:g} {height:g}">{inside}</svg>'
    )


def note(stamp: str, x: float, y: float) -> str:
    """The stamp within the picture, so that a copy of it still carries it."""
    if not stamp:
        return ""
    return (
        f'<text x="{x:g}" y="{y:g}" class="stamp" text-anchor="end">'
        f"{words.DAGGER} {escape(stamp)}</text>"
    )


def reliability(system: SystemReport, seeds: int) -> str:
    """Part right against confidence, a dot for each bin with its Wilson interval."""
    dots = "".join(_dot(bin_, seeds) for bin_ in system.reliability)
    line = " ".join(f"{_x(b.confidence):.1f},{_y(b.accuracy):.1f}" for b in system.reliability)
    inside = (
        _plane("confidence", "part right")
        + f'<line x1="{_x(0):g}" y1="{_y(0):g}" x2="{_x(1):g}" y2="{_y(1):g}" class="ideal"/>'
        + f'<polyline points="{line}" class="curve thin"/>{dots}'
        + _aside(0.04, 0.93, "below the line: too sure")
        + note(system.stamp, _x(1) - 6, _y(0) - 8)
    )
    label = f"Reliability of {system.name}. {words.calibrated(system)}"
    return svg(_WIDTH, _HEIGHT, label, inside)


def _dot(bin_: Bin, seeds: int) -> str:
    n = max(1, round(bin_.n / seeds))
    low, high = wilson(bin_.accuracy * n, n)
    x, text = _x(bin_.confidence), f"{bin_.n} answers: {bin_.confidence:.0%} sure, "
    return (
        f'<g><line x1="{x:.1f}" x2="{x:.1f}" y1="{_y(low):.1f}" y2="{_y(high):.1f}" '
        f'class="whisker"/><circle cx="{x:.1f}" cy="{_y(bin_.accuracy):.1f}" r="4.5" class="dot"/>'
        f"<title>{text}{bin_.accuracy:.0%} right</title></g>"
    )


def risk_coverage(system: SystemReport, report: Report) -> str:
    """Part wrong among the most confident answers, from few of them to all."""
    points = [(k / 100, value) for k, value in enumerate(system.risk, 1)]
    line = " ".join(f"{_x(c):.1f},{_y(value):.1f}" for c, value in points)
    area = f"{_x(points[0][0]):.1f},{_y(0):g} {line} {_x(1):g},{_y(0):g}"
    worst = 1 - report.majority
    inside = (
        _plane("part answered, the surest first", "part wrong")
        + f'<polygon points="{area}" class="under"/><polyline points="{line}" class="curve"/>'
        + f'<line x1="{_x(0):g}" x2="{_x(1):g}" y1="{_y(worst):.1f}" y2="{_y(worst):.1f}" '
        'class="ideal"/>'
        + _aside(0.02, worst + 0.025, "always the commonest class")
        + "".join(_mark(c, system.risk[round(100 * c) - 1], system.stamp) for c in _SHOWN)
        + note(system.stamp, _x(1) - 6, _y(0) - 8)
    )
    half, whole = system.risk[49], system.risk[-1]
    label = f"Risk and coverage of {system.name}: {whole:.0%} wrong of all, {half:.0%} of the "
    return svg(_WIDTH, _HEIGHT, label + "surer half", inside)


def _mark(coverage: float, risk: float, stamp: str) -> str:
    x, y = _x(coverage), _y(risk)
    anchor = "end" if coverage == 1 else "middle"
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="dot"/><text x="{x:.1f}" '
        f'y="{y - 10:.1f}" text-anchor="{anchor}" class="value">'
        f"{words.percent(risk, stamp, digits=0)}</text>"
    )


def _plane(across: str, down: str) -> str:
    """Grid, ticks and names of both axes, each from 0 to 1."""
    ticks = "".join(_tick(k / 4) for k in range(5))
    middle = _TOP + _DOWN / 2
    return (
        f'{ticks}<text x="{_LEFT + _ACROSS / 2:g}" y="{_HEIGHT - 6}" text-anchor="middle">'
        f'{across}</text><text x="12" y="{middle:g}" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle:g})">{down}</text>'
    )


def _tick(share: float) -> str:
    x, y = _x(share), _y(share)
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:g}" y2="{y:g}" class="rule"/>'
        f'<line x1="{x:g}" x2="{x:g}" y1="{_TOP}" y2="{_TOP + _DOWN}" class="rule"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:g}" text-anchor="end">{share:.0%}</text>'
        f'<text x="{x:g}" y="{_TOP + _DOWN + 16}" text-anchor="middle">{share:.0%}</text>'
    )


def _aside(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{_x(x):.1f}" y="{_y(y):.1f}" text-anchor="{anchor}" class="aside">{text}</text>'
    )


def _x(share: float) -> float:
    return _LEFT + _ACROSS * share


def _y(share: float) -> float:
    return _TOP + _DOWN * (1 - min(1.0, max(0.0, share)))


_ROW, _NAME, _END = 50, 84, 118  # px: height of a bar's row, room for its name and its numbers


def recalls(system: SystemReport) -> str:
    """A bar for each class, with its Wilson interval and the clips found."""
    high = _ROW * len(system.classes) + 34
    inside = "".join(
        _recall(row, class_report, system) for row, class_report in enumerate(system.classes)
    )
    label = f"Recall of each class, {system.name}: " + ", ".join(_spoken(system))
    return svg(_WIDTH, high + 22, label, inside + note(system.stamp, _WIDTH - 4, high + 14))


def _spoken(system: SystemReport) -> Iterator[str]:
    for class_report in system.classes:
        recall = "no clips" if class_report.recall is None else words.percent(class_report.recall)
        yield f"{class_report.label} {recall}"


def _recall(row: int, class_report: ClassReport, system: SystemReport) -> str:
    top, width = row * _ROW + 40, _WIDTH - _NAME - _END
    colour = css(class_report.label, tuple(c.label for c in system.classes))
    name = (
        f'<text x="{_NAME - 10}" y="{top + 18}" text-anchor="end" class="name">'
        f"{escape(class_report.label)}</text>"
        f'<rect x="{_NAME}" y="{top}" width="{width}" height="26" rx="4" class="track"/>'
    )
    if class_report.recall is None or class_report.interval is None:
        return f'{name}<text x="{_NAME + 10}" y="{top + 18}">none of these clips</text>'
    bar = width * class_report.recall.mean
    percentage = words.percent(class_report.recall, system.stamp, digits=0)
    return (
        f'{name}<rect x="{_NAME}" y="{top}" width="{max(2.0, bar):.1f}" height="26" rx="4" '
        f'fill="{colour}"/>{_range(class_report.interval, _NAME, width, top + 13)}'
        f'<text x="{_WIDTH - _END + 10}" y="{top + 18}" class="value">{percentage}'
        f'<tspan class="of"> of {class_report.n}</tspan></text>'
    )


def _range(interval: Interval, left: float, wide: float, y: float) -> str:
    """A whisker across, with ends."""
    low, high = (left + wide * min(1.0, max(0.0, v)) for v in interval)
    return (
        f'<path d="M{low:.1f} {y:g}H{high:.1f}M{low:.1f} {y - 4:g}v8M{high:.1f} {y - 4:g}v8" '
        'class="range halo"/>'
        f'<path d="M{low:.1f} {y:g}H{high:.1f}M{low:.1f} {y - 4:g}v8M{high:.1f} {y - 4:g}v8" '
        'class="range"/>'
    )


def whisker(value: float, interval: Interval | None, chance: float, label: str) -> str:
    """A small picture for a table: a figure with its interval, and chance as a dashed line."""
    wide, middle = 200, 9
    inside = (
        f'<rect x="0" y="4" width="{wide}" height="10" rx="4" class="track"/>'
        f'<rect x="0" y="4" width="{wide * value:.1f}" height="10" rx="4" class="bar-fill"/>'
        f'<line x1="{wide * chance:.1f}" x2="{wide * chance:.1f}" y1="0" y2="18" class="ideal"/>'
    )
    if interval is not None:
        inside += _range(interval, 0, wide, middle)
    return svg(wide, 18, label, inside, "whiskers")

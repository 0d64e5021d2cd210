"""Pictures of the comparison as inline SVG: confusions, and labels over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mien.data.coding import CodedStretch
from mien.evaluation.agree.material import Material, RatedUnit
from mien.evaluation.agree.result import ANSWERS, Pair
from mien.evaluation.agree.windows import Windows
from mien.evaluation.reports import words
from mien.evaluation.reports.plots import svg
from mien.output.report.cells import Run, cells, runs
from mien.output.report.chart import clock, lane
from mien.output.report.html_parts import safe

__all__ = ["answer_lane", "confusion_map", "difference_lane", "track_lane"]

_CELL, _LEFT, _TOP = 58, 92, 40  # px
_WIDTH, _HIGH = 1000, 6


def confusion_map(pair: Pair, labels: Sequence[str]) -> str:
    """Per cent of the first rater's label, with the counts; rows and columns that are used."""
    table = np.array(pair.confusion)
    shown = [k for k in range(len(labels)) if table[k].sum() or table[:, k].sum()]
    names = [labels[k] for k in shown]
    short = words.short(names)
    heads = "".join(_head(k, name, short[name]) for k, name in enumerate(names))
    rows = "".join(_row(k, names, table[at][shown]) for k, at in enumerate(shown))
    side = _CELL * len(shown)
    inside = (
        f'<text x="{_LEFT}" y="12" class="aside">{safe(pair.second)}</text>'
        f'<text x="4" y="{_TOP - 8}" class="aside">{safe(pair.first)}</text>{heads}{rows}'
    )
    label = f"Labels of {pair.first} (rows) and {pair.second} (columns)"
    return svg(_LEFT + side + 2, _TOP + side + 6, label, inside)


def _head(column: int, name: str, short: str) -> str:
    x = _LEFT + _CELL * (column + 0.5)
    return (
        f'<text x="{x:g}" y="{_TOP - 8}" text-anchor="middle" class="name">{safe(short)}'
        f"<title>{safe(name)}</title></text>"
    )


def _row(row: int, names: Sequence[str], counts: Sequence[int]) -> str:
    total, middle = int(sum(counts)), _TOP + _CELL * (row + 0.5)
    name = (
        f'<text x="{_LEFT - 10}" y="{middle:g}" text-anchor="end" class="name">'
        f'{safe(names[row])}</text><text x="{_LEFT - 10}" y="{middle + 15:g}" '
        f'text-anchor="end">{total}</text>'
    )
    if not total:
        return (
            f'{name}<rect x="{_LEFT + 1}" y="{_TOP + _CELL * row + 1}" class="track" rx="5" '
            f'width="{_CELL * len(names) - 2}" height="{_CELL - 2}"/>'
        )
    return name + "".join(_cell(row, k, names, int(n), total) for k, n in enumerate(counts))


def _cell(row: int, column: int, names: Sequence[str], count: int, total: int) -> str:
    share = count / total
    x, y = _LEFT + _CELL * column, _TOP + _CELL * row
    tone = "on" if share > 0.5 else "off" if share else "zero"
    right = " right" if row == column else ""
    title = f"{names[row]} and {names[column]}: {count} of {total}"
    return (
        f'<g class="cell {tone}"><rect x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" '
        f'height="{_CELL - 2}" rx="5" class="track"/><rect x="{x + 1}" y="{y + 1}" '
        f'width="{_CELL - 2}" height="{_CELL - 2}" rx="5" class="heat{right}" '
        f'fill-opacity="{share:.3f}"/><text x="{x + _CELL / 2:g}" y="{y + _CELL / 2 + 2:g}" '
        f'text-anchor="middle" class="share">{100 * share:.0f}</text><text '
        f'x="{x + _CELL / 2:g}" y="{y + _CELL / 2 + 17:g}" text-anchor="middle" class="count">'
        f"{count}</text><title>{safe(title)}</title></g>"
    )


def track_lane(unit: RatedUnit, coder: str, labels: tuple[str, ...]) -> str:
    """What a coder said of a unit over time."""
    return lane(list(_runs(unit.tracks.get(coder, ()))), unit.duration, coder, labels)


def _runs(track: Sequence[CodedStretch]) -> Iterator[Run]:
    for stretch in track:
        yield Run(stretch.start, stretch.end or stretch.start, stretch.label, 1.0)


def answer_lane(unit: RatedUnit, labels: tuple[str, ...]) -> str:
    """What mien said of a unit over time."""
    parts = [] if unit.answer is None else list(runs(cells(unit.answer.timeline)))
    return lane(parts, unit.duration, ANSWERS, labels)


def difference_lane(material: Material, cut: Windows, number: int) -> str:
    """Marks at the windows of a unit in which mien has another label than most coders."""
    unit = material.units[number]
    rows = np.flatnonzero(cut.unit == number)
    coders = cut.label[: len(cut.coders), rows]
    votes = (coders[:, :, None] == np.arange(len(material.labels))).sum(0)
    answered = cut.label[-1, rows]
    rects = ""
    for k, row in enumerate(rows.tolist()):
        if answered[k] < 0 or votes[k][answered[k]] == votes[k].max():
            continue
        times = (cut.start[row], cut.end[row])
        left, right = (_WIDTH * time / max(unit.duration, 1e-3) for time in times)
        rects += (
            f'<rect x="{left:.5g}" y="0" width="{max(1.0, right - left):.4g}" height="{_HIGH}" '
            f'class="differ"><title>{clock(float(cut.start[row]))}: differ</title></rect>'
        )
    label = "windows in which mien has another label than most coders"
    return (
        f'<svg role="img" aria-label="{label}" class="marks" '
        f'viewBox="0 0 {_WIDTH} {_HIGH}" preserveAspectRatio="none">{rects}</svg>'
    )

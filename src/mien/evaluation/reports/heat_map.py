"""The confusion matrix as a picture: per cent of the true class, with the counts."""

from __future__ import annotations

from html import escape

from mien.evaluation.reports import words
from mien.evaluation.reports.plots import note, svg
from mien.evaluation.reports.result import SystemReport

__all__ = ["heat_map"]

_CELL, _LEFT, _TOP = 58, 92, 40  # px


def heat_map(system: SystemReport, seeds: int) -> str:
    """True classes in rows, answers in columns; a row without clips says so.

    Args:
        system: whose confusion.
        seeds: how many trainings the counts are summed over.
    """
    count = len(system.classes)
    short = words.short(class_report.label for class_report in system.classes)
    heads = "".join(_head(k, name, short[name]) for k, name in enumerate(short))
    rows = "".join(_row(k, system) for k in range(count))
    side = _CELL * count
    bottom = _TOP + side + 16
    sums = f"counts: sum of {seeds} seeds" if seeds > 1 else ""
    inside = (
        f'<text x="{_LEFT}" y="12" class="aside">answered</text>'
        f'<text x="4" y="{_TOP - 8}" class="aside">true</text>{heads}{rows}'
        f'<text x="{_LEFT}" y="{bottom}" class="aside">{sums}</text>'
        + note(system.stamp, _LEFT + side, bottom)
    )
    label = f"Confusion matrix of {system.name}; the same as text stands below the pictures"
    return svg(_LEFT + side + 2, bottom + 6, label, inside)


def _head(column: int, name: str, short: str) -> str:
    x = _LEFT + _CELL * (column + 0.5)
    return (
        f'<text x="{x:g}" y="{_TOP - 8}" text-anchor="middle" class="name">{escape(short)}'
        f"<title>{escape(name)}</title></text>"
    )


def _row(row: int, system: SystemReport) -> str:
    class_report, counts = system.classes[row], system.confusion[row]
    middle = _TOP + _CELL * (row + 0.5)
    name = (
        f'<text x="{_LEFT - 10}" y="{middle:g}" text-anchor="end" class="name">'
        f'{escape(class_report.label)}</text><text x="{_LEFT - 10}" y="{middle + 15:g}" '
        f'text-anchor="end">{class_report.n}</text>'
    )
    if not class_report.n:
        return (
            f'{name}<rect x="{_LEFT + 1}" y="{_TOP + _CELL * row + 1}" class="track" rx="5" '
            f'width="{_CELL * len(counts) - 2}" height="{_CELL - 2}"/>'
            f'<text x="{_LEFT + _CELL * len(counts) / 2:g}" y="{middle + 4:g}" '
            'text-anchor="middle">none of these clips</text>'
        )
    labels = [c.label for c in system.classes]
    cells = "".join(_cell(row, k, counts, labels, system.stamp) for k in range(len(counts)))
    return name + cells


def _cell(row: int, column: int, counts: tuple[int, ...], labels: list[str], stamp: str) -> str:
    share = counts[column] / sum(counts)
    x, y = _LEFT + _CELL * column, _TOP + _CELL * row
    tone = "on" if share > 0.5 else "off" if share else "zero"
    tooltip = f"{labels[row]} answered as {labels[column]}: {counts[column]} of {sum(counts)}"
    hit = " right" if row == column else ""
    per_cent = words.percent(share, stamp, digits=0).replace(" %", "")
    return (
        f'<g class="cell {tone}"><rect x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" '
        f'height="{_CELL - 2}" rx="5" class="track"/><rect x="{x + 1}" y="{y + 1}" '
        f'width="{_CELL - 2}" height="{_CELL - 2}" rx="5" class="heat{hit}" '
        f'fill-opacity="{share:.3f}"/><text x="{x + _CELL / 2:g}" y="{y + _CELL / 2 + 2:g}" '
        f'text-anchor="middle" class="share">{per_cent}</text><text x="{x + _CELL / 2:g}" '
        f'y="{y + _CELL / 2 + 17:g}" text-anchor="middle" class="count">{counts[column]}</text>'
        f"<title>{escape(tooltip)}</title></g>"
    )

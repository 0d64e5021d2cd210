"""The picture of `project.bundle.adapt_curve`: unweighted recall against labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Protocol

import numpy as np

from mien.core.atomic import atomic

__all__ = ["HasGain", "draw_curve"]

_WIDTH, _HEIGHT = 760, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 68, 210, 22, 50
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_LOW, _HIGH = 0.3, 1.0  # recall
_LEAST_GAP = 17  # px between two names
_COLOURS = ("#2f70bd", "#c2571a", "#2b8a5b", "#8a4fa8")
_STYLE = """
svg{color-scheme:light dark;--ink:#14171c;--soft:#5d636d;--line:#dfe2e7;--plate:#fff;
background:var(--plate);font-family:system-ui,sans-serif}
@media(prefers-color-scheme:dark){svg{--ink:#f1f3f6;--soft:#a7abb3;--line:#343a43;--plate:#14171c}}
text{font-size:13px;fill:var(--soft)}
text.name{fill:var(--ink);font-weight:600}
.rule{stroke:var(--line)}
.curve{fill:none;stroke-width:2.5;stroke-linejoin:round}
.range{stroke-width:1.5;stroke-opacity:.55}
"""


class HasGain(Protocol):
    """A point of the curve: see `project.bundle.adapt_curve.Point`."""

    @property
    def corpus(self) -> str:
        """Its name."""

    @property
    def labels(self) -> int:
        """How many."""

    @property
    def before(self) -> tuple[float, ...]:
        """(draws,) UAR without them."""

    @property
    def after(self) -> tuple[float, ...]:
        """(draws,) UAR with them."""

    @property
    def half(self) -> float:
        """Half of the 95 % interval of the gain, in points."""


def draw_curve(names: Mapping[str, str], points: Sequence[HasGain], path: Path) -> None:
    """Write the picture as SVG: a line a corpus, with 95 % intervals of the gain.

    Args:
        names: {corpus: name for people}, in the order of colours.
        points: of all corpora.
        path: of the file.
    """
    counts = sorted({point.labels for point in points})
    positions = {0: 0.0} | {n: (k + 1) / len(counts) for k, n in enumerate(counts)}
    lines, ends = "", []
    for (corpus, name), colour in zip(names.items(), _COLOURS, strict=False):
        of_corpus = [point for point in points if point.corpus == corpus]
        drawn, end = _line(of_corpus, positions, colour)
        lines += drawn
        ends.append((end, name, colour))
    inside = _grid(positions) + lines + _named(ends)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
    label = "Unweighted recall on speakers left out, against the number of labels"
    with atomic(path) as partial:
        text = f'{head}aria-label="{label}"><style>{_STYLE}</style>{inside}</svg>\n'
        partial.write_text(text, encoding="utf-8")


def _line(
    points: Sequence[HasGain], positions: Mapping[int, float], colour: str
) -> tuple[str, float]:
    """A corpus's line with its intervals, and how high it ends."""
    start = float(np.mean([point.before for point in points]))
    values = [(positions[0], start, 0.0)]
    for point in points:
        gain = float(np.subtract(point.after, point.before).mean())
        values.append((positions[point.labels], start + gain, point.half / 100))
    path = " ".join(f"{_x(position):.1f},{_y(value):.1f}" for position, value, _ in values)
    ranges = "".join(
        f'<line x1="{_x(position):.1f}" x2="{_x(position):.1f}" y1="{_y(value - half):.1f}" '
        f'y2="{_y(min(value + half, 1.0)):.1f}" class="range" stroke="{colour}"/>'
        f'<circle cx="{_x(position):.1f}" cy="{_y(value):.1f}" r="4" fill="{colour}"/>'
        for position, value, half in values
    )
    return f'{ranges}<polyline points="{path}" class="curve" stroke="{colour}"/>', _y(values[-1][1])


def _grid(positions: Mapping[int, float]) -> str:
    """Rules and names of both axes."""
    shares = np.arange(_LOW, _HIGH + 0.01, 0.1)
    rules = "".join(
        f'<line x1="{_LEFT}" x2="{_LEFT + _ACROSS}" y1="{_y(share):.1f}" y2="{_y(share):.1f}" '
        f'class="rule"/><text x="{_LEFT - 8}" y="{_y(share) + 4:.1f}" text-anchor="end">'
        f"{share:.0%}</text>"
        for share in shares.tolist()
    )
    ticks = "".join(
        f'<text x="{_x(position):.1f}" y="{_TOP + _DOWN + 20}" text-anchor="middle">{count}</text>'
        for count, position in positions.items()
    )
    middle = _LEFT + _ACROSS / 2
    return (
        f'{rules}{ticks}<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">labelled clips'
        f'</text><text x="14" y="{_TOP + _DOWN / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {_TOP + _DOWN / 2})">UAR, speakers left out</text>'
    )


def _named(ends: Sequence[tuple[float, str, str]]) -> str:
    """Names where the lines end, none over another."""
    result, last = "", -np.inf
    for high, name, colour in sorted(ends):
        last = max(high, last + _LEAST_GAP)
        x = _LEFT + _ACROSS
        result += (
            f'<circle cx="{x + 14}" cy="{last:.1f}" r="4" fill="{colour}"/>'
            f'<text x="{x + 24}" y="{last + 4:.1f}" class="name">{escape(name)}</text>'
        )
    return result


def _x(share: float) -> float:
    return _LEFT + _ACROSS * share


def _y(recall: float) -> float:
    return _TOP + _DOWN * (1 - (recall - _LOW) / (_HIGH - _LOW))

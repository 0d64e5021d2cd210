"""Timeline drawings as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from mien.report.palette import COLOURS
from mien.types import Span

__all__ = ["lane", "stacked"]

_WIDTH, _HEIGHT = 1000, 170
_MOST = 500  # windows drawn; more would not be seen

Part = tuple[float, float, Mapping[str, float] | None]


def stacked(timeline: Sequence[Span], seconds: float) -> str:
    """The fused probabilities over time, stacked to one; gaps where there was nothing."""
    total = max(seconds, 1e-3)
    spans = timeline[:: max(1, -(-len(timeline) // _MOST))]
    areas = ""
    for present, group in groupby(spans, key=lambda s: s.probabilities is not None):
        if present:
            areas += _areas(list(group), total)
    label = "Probabilities of the seven emotions over time"
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'preserveAspectRatio="none" class="chart">{areas}</svg>{_axis(total)}'
    )


def _areas(spans: list[Span], total: float) -> str:
    xs = [_WIDTH * min(1.0, (s.start + s.end) / 2 / total) for s in spans]
    xs = [_WIDTH * spans[0].start / total, *xs, _WIDTH * min(1.0, spans[-1].end / total)]
    rows = [dict(s.probabilities or {}) for s in (spans[0], *spans, spans[-1])]
    low, result = [0.0] * len(rows), ""
    for name in COLOURS:
        high = [base + row[name] for base, row in zip(low, rows, strict=True)]
        upper = [f"{x:.1f},{_HEIGHT * (1 - h):.1f}" for x, h in zip(xs, high, strict=True)]
        lower = [f"{x:.1f},{_HEIGHT * (1 - b):.1f}" for x, b in zip(xs, low, strict=True)]
        points = " ".join([*upper, *reversed(lower)])
        result += f'<polygon points="{points}" fill="var(--{name})"><title>{name}</title></polygon>'
        low = high
    return result


def _axis(total: float) -> str:
    """Ticks as text beside the drawing, so that they keep their shape at any width."""
    steps = (0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 36_000)
    step = next((s for s in steps if total / s <= 8), total)
    ticks = (k * step for k in range(int(total / step + 1e-9) + 1))
    marks = "".join(f'<span style="left:{100 * t / total:.2f}%">{_clock(t)}</span>' for t in ticks)
    return f'<div class="axis" aria-hidden="true">{marks}</div>'


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def lane(parts: Sequence[Part], seconds: float) -> str:
    """A strip in the colour of the likeliest label; each window counts up to the next one."""
    total = max(seconds, 1e-3)
    cells: list[tuple[float, float, str | None]] = []
    for k, (start, end, values) in enumerate(parts):
        follows = k + 1 < len(parts) and parts[k + 1][0] < end
        stop = parts[k + 1][0] if follows else end
        label = None if values is None else max(values, key=lambda name: values[name])
        if cells and cells[-1][2] == label and abs(cells[-1][1] - start) < 1e-6:
            cells[-1] = (cells[-1][0], stop, label)
        else:
            cells.append((start, stop, label))
    return "".join(
        f'<i style="left:{100 * a / total:.2f}%;width:{max(0.3, 100 * (b - a) / total):.2f}%;'
        f'background:var(--{name})" title="{name}, {_clock(a)} to {_clock(b)}"></i>'
        for a, b, name in cells
        if name is not None
    )

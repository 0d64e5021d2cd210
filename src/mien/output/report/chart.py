"""Timeline drawings as inline SVG; text stands beside them, so that it keeps its size.

The drawings are stretched to the width of the page (`preserveAspectRatio="none"`): x is a share
of the clip's length in 1/1000, y in pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mien.output.report.cells import Cell, Run
from mien.output.report.html_parts import safe, tint
from mien.output.report.words import every_label

__all__ = ["axis", "clock", "lane", "said", "stacked"]

_WIDTH, _HEIGHT, _LANE, _SPEECH = 1000, 200, 24, 5
_TOUCHING = 1e-6  # s between two cells without a gap
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


def stacked(parts: Sequence[Cell], seconds: float, labels: tuple[str, ...]) -> str:
    """Probabilities over time, stacked to one; a gap where there was nothing to go by."""
    areas = "".join(_areas(group, seconds, labels) for group in _unbroken(parts))
    grid = "".join(
        f'<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT * k // 4}" y2="{_HEIGHT * k // 4}" class="grid"/>'
        for k in range(1, 4)
    )
    hover = "".join(_hover(cell, seconds) for cell in parts)
    label = (
        f"Stacked probabilities of {every_label(labels)} over time; the table below has the labels"
    )
    return _svg(_HEIGHT, "chart", label, areas + grid + hover)


def _unbroken(parts: Sequence[Cell]) -> list[list[Cell]]:
    """Groups of cells with probabilities, each of which begins where the one before ends."""
    groups: list[list[Cell]] = []
    last: Cell | None = None
    for cell in parts:
        if cell.probabilities is None:
            last = None
            continue
        if last is not None and cell.start - last.end < _TOUCHING:
            groups[-1].append(cell)
        else:
            groups.append([cell])
        last = cell
    return groups


def _areas(parts: list[Cell], seconds: float, labels: tuple[str, ...]) -> str:
    """One polygon a label through the middles of the cells, level out to both ends."""
    xs = [_x((cell.start + cell.end) / 2, seconds) for cell in parts]
    xs = [_x(parts[0].start, seconds), *xs, _x(parts[-1].end, seconds)]
    rows = [cell.probabilities or {} for cell in (parts[0], *parts, parts[-1])]
    low, result = [0.0] * len(rows), ""
    for name in labels:
        high = [base + row.get(name, 0.0) for base, row in zip(low, rows, strict=True)]
        points = " ".join([*_points(xs, high), *reversed(_points(xs, low))])
        result += f'<polygon points="{points}" class="{tint(name, labels)}"/>'
        low = high
    return result


def _points(xs: Sequence[float], shares: Sequence[float]) -> list[str]:
    return [f"{x:.4g},{_HEIGHT * (1 - s):.4g}" for x, s in zip(xs, shares, strict=True)]


def _hover(cell: Cell, seconds: float) -> str:
    """An invisible column that says its numbers under the pointer."""
    if cell.probabilities is None:
        return _rect(cell.start, cell.end, seconds, _HEIGHT, "hit", "nothing to go by")
    order = sorted(cell.probabilities.items(), key=lambda item: -item[1])[:3]
    text = ", ".join(f"{name} {value:.0%}" for name, value in order)
    return _rect(cell.start, cell.end, seconds, _HEIGHT, "hit", text)


def lane(
    runs: Sequence[Run],
    seconds: float,
    name: str,
    labels: tuple[str, ...],
    speech: Sequence[tuple[float, float]] = (),
) -> str:
    """A strip in the colours of the likeliest labels, underlined where the person speaks.

    Args:
        runs: stretches of one label each.
        seconds: length of the clip.
        name: whose lane it is, for screen readers.
        labels: the label set.
        speech: (start, end) in s of what this person says.
    """
    strip = "".join(
        _rect(run.start, run.end, seconds, _LANE, tint(run.label, labels), _words(run))
        for run in runs
    )
    lines = "".join(
        _rect(start, end, seconds, _SPEECH, "speech", "speaks", _LANE - _SPEECH)
        for start, end in speech
    )
    spoken = f"; speaks for {sum(b - a for a, b in speech):.1f} s" if speech else ""
    return _svg(_LANE, "strip", f"{name}: {said(runs)}{spoken}", strip + lines)


def _words(run: Run) -> str:
    return f"{run.label} {run.mean:.0%}"


def said(runs: Sequence[Run], most: int = 12) -> str:
    """The stretches in words."""
    if not runs:
        return "nothing to go by"
    words = [f"{run.label} from {clock(run.start)} to {clock(run.end)}" for run in runs[:most]]
    more = len(runs) - most
    return "; ".join(words) + (f"; and {more} more changes" if more > 0 else "")


def axis(seconds: float) -> str:
    """Times below the drawings; every other one goes on narrow screens."""
    total = max(seconds, 1e-3)
    step = next((s for s in _STEPS if total / s <= 12), total / 10)
    return "".join(_ticks(total, step))


def _ticks(total: float, step: float) -> Iterator[str]:
    for k in range(int(total / step + 1e-9) + 1):
        share = 100 * k * step / total
        kind = (
            "first"
            if k == 0
            else "last"
            if share > 97
            else "odd"
            if k % 2 or share > 80
            else "even"
        )
        yield f'<span class="{kind}" style="left:{share:.2f}%">{clock(k * step)}</span>'


def clock(seconds: float) -> str:
    """12.5 s, 1:05 or 1:00:05."""
    if seconds < 59.95:
        return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _x(time: float, seconds: float) -> float:
    return _WIDTH * min(1.0, max(0.0, time / max(seconds, 1e-3)))


def _rect(
    start: float, end: float, seconds: float, high: int, kind: str, text: str, top: int = 0
) -> str:
    left, right = _x(start, seconds), _x(end, seconds)
    return (
        f'<rect x="{left:.5g}" y="{top}" width="{max(1.0, right - left):.4g}" height="{high}" '
        f'class="{kind}"><title>{clock(start)} to {clock(end)}: {safe(text)}</title></rect>'
    )


def _svg(high: int, kind: str, label: str, inside: str) -> str:
    return (
        f'<svg role="img" aria-label="{safe(label)}" class="{kind}" viewBox="0 0 {_WIDTH} {high}" '
        f'preserveAspectRatio="none">{inside}</svg>'
    )

"""The counts of clips by label, split and speaker as an SVG picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from mien.data.manifest import SPLITS, Manifest
from mien.output.report.palette import colours

__all__ = ["NO_LABEL", "counts_by_speaker", "counts_by_split", "draw", "splits_of"]

NO_LABEL = "(no label)"
_SHADES = {"train": 1.0, "val": 0.55, "test": 0.28, "": 1.0}  # opacity of a split's part of a bar
_EDGE, _LEFT, _BAR = 20, 140, 330  # px: the margin; where bars begin; the longest bar
_ROW, _CELL, _NUMBER = 26, 64, 70  # px: height of a row, width of a cell and of a number's column
_MOST = 60  # speakers that get a row of their own
_NO_COLOUR = "#7b8494"  # of clips without a label
_STYLE = """
text { fill: #1c2430; font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
.page { fill: #fff } .soft, .none { fill: #667085 } .none { opacity: .6 } .track { fill: #f0f2f5 }
.title { font-size: 18px; font-weight: 600 } .strong { font-weight: 600 }
.number { font-variant-numeric: tabular-nums; text-anchor: end }
.end { text-anchor: end } .middle { text-anchor: middle; font-variant-numeric: tabular-nums }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e9ee } .page { fill: #14181f } .soft, .none { fill: #98a2b3 }
  .track { fill: #222832 }
}
"""

Counts = dict[str, Counter[str]]


def splits_of(manifest: Manifest) -> list[str]:
    """The splits there are, in their usual order; "" for clips of none."""
    here = {c.split for c in manifest.clips}
    return [split for split in (*SPLITS, "") if split in here]


def names_of(manifest: Manifest) -> list[str]:
    """Labels in their order, and `NO_LABEL` where some clip has none."""
    bare = any(not c.label for c in manifest.clips)
    return [*manifest.labels.names, *([NO_LABEL] if bare else [])]


def counts_by_split(manifest: Manifest) -> Counts:
    """{label: {split: clips}}, also for labels without clips."""
    counts: Counts = {name: Counter() for name in names_of(manifest)}
    for c in manifest.clips:
        counts[c.label or NO_LABEL][c.split] += 1
    return counts


def counts_by_speaker(manifest: Manifest) -> Counts:
    """{speaker: {label: clips}}, the speakers sorted."""
    counts: Counts = {name: Counter() for name in sorted({c.speaker for c in manifest.clips})}
    for c in manifest.clips:
        counts[c.speaker][c.label or NO_LABEL] += 1
    return counts


def draw(manifest: Manifest) -> str:
    """The counts as SVG text: a bar a label, split by shade; below, a table of the speakers."""
    columns, names = len(splits_of(manifest)), names_of(manifest)
    bars, y = _bars(manifest, 104)
    table, height = _speakers(manifest, y + 46)
    numbers = columns + (columns > 1)
    width = max(_LEFT + _BAR + numbers * _NUMBER, _LEFT + _CELL * len(names) + _NUMBER) + _EDGE
    title = escape(f"{manifest.name}: clips by label, split and speaker")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{title}"><style>{_STYLE}</style>'
        f'<rect width="100%" height="100%" class="page"/>'
        + _text(_EDGE, 40, manifest.name, "title")
        + _text(_EDGE, 62, _summary(manifest), "soft")
        + f"{bars}{table}</svg>\n"
    )


def _summary(manifest: Manifest) -> str:
    labels = len({c.label for c in manifest.clips if c.label})
    speakers = len({c.speaker for c in manifest.clips if c.speaker})
    return f"{len(manifest):,} clips, {labels} labels, {speakers or 'no'} speakers"


def _bars(manifest: Manifest, y: int) -> tuple[str, int]:
    """One row per label from `y` on, and the y at which the rows end."""
    counts, splits = counts_by_split(manifest), splits_of(manifest)
    most = max(max(row.total() for row in counts.values()), 1)
    drawn = _heads(splits, y - 12)
    for label, row in counts.items():
        x, middle = float(_LEFT), y + _ROW / 2 + 5
        drawn += _text(_LEFT - 12, middle, _short(label, 18), "end", label)
        drawn += f'<rect x="{_LEFT}" y="{y + 4}" width="{_BAR}" height="{_ROW - 8}" class="track"/>'
        for split in splits:
            wide = _BAR * row[split] / most
            drawn += (
                f'<rect x="{x:.1f}" y="{y + 4}" width="{wide:.1f}" height="{_ROW - 8}" '
                f'fill="{_colour(manifest, label)}" fill-opacity="{_SHADES[split]}">'
                f"<title>{escape(label)}, {split or 'all'}: {row[split]:,}</title></rect>"
            )
            x += wide
        for column, count in enumerate(_numbers(row, splits), 1):
            kind = "number strong" if column == 1 else "number soft"
            drawn += _text(_LEFT + _BAR + _NUMBER * column, middle, f"{count:,}", kind)
        y += _ROW
    return drawn, y


def _numbers(row: Counter[str], splits: Sequence[str]) -> list[int]:
    return [row.total(), *([row[s] for s in splits] if len(splits) > 1 else [])]


def _heads(splits: Sequence[str], y: int) -> str:
    """Heads of the columns of counts; those of the splits show their shade."""
    drawn = _text(_LEFT + _BAR + _NUMBER, y, "clips", "number soft")
    for column, split in enumerate(splits if len(splits) > 1 else (), 2):
        x, name = _LEFT + _BAR + _NUMBER * column, split or "no split"
        drawn += _text(x, y, name, "number soft")
        drawn += (
            f'<rect x="{x - 28}" y="{y + 4}" width="28" height="4" fill="{_NO_COLOUR}" '
            f'fill-opacity="{_SHADES[split]}"/>'
        )
    return drawn


def _speakers(manifest: Manifest, y: int) -> tuple[str, int]:
    """One row per speaker, one cell per label, darker for more clips; and the y of the end."""
    counts, names = counts_by_speaker(manifest), names_of(manifest)
    if set(counts) == {""}:
        return _text(_EDGE, y, "No clip has a speaker.", "soft"), y + _EDGE
    drawn = _text(_LEFT - 12, y, "speaker", "end soft")
    for k, name in enumerate(names):
        drawn += _text(_LEFT + _CELL * (k + 0.5), y, _short(name, 9), "middle soft", name)
    end = _LEFT + _CELL * len(names) + _NUMBER - 12
    drawn += _text(end, y, "clips", "number soft")
    y += 10
    most = max(n for row in counts.values() for n in row.values())
    for speaker, row in list(counts.items())[:_MOST]:
        middle = y + _ROW / 2 + 4
        drawn += _text(_LEFT - 12, middle, _short(speaker or "(none)", 18), "end", speaker)
        for k, name in enumerate(names):
            drawn += _cell(
                _LEFT + _CELL * k, y, row[name], row[name] / most, _colour(manifest, name)
            )
        drawn += _text(end, middle, f"{row.total():,}", "number strong")
        y += _ROW
    if len(counts) > _MOST:
        drawn += _text(_LEFT, y + 20, f"and {len(counts) - _MOST} more speakers", "soft")
        y += _ROW
    return drawn, y + _EDGE


def _cell(x: int, y: int, count: int, share: float, colour: str) -> str:
    middle = x + _CELL / 2, y + _ROW / 2 + 4
    if not count:
        return _text(*middle, "0", "middle none")
    return (
        f'<rect x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_ROW - 2}" rx="4" '
        f'fill="{colour}" fill-opacity="{0.12 + 0.38 * share:.2f}"/>'
    ) + _text(*middle, f"{count:,}", "middle")


def _colour(manifest: Manifest, label: str) -> str:
    return colours(manifest.labels.names).get(label, _NO_COLOUR)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(x: float, y: float, text: str, kind: str, whole: str = "") -> str:
    """Text of a class of `_STYLE`; `whole` is shown under the pointer where it was cut."""
    title = f"<title>{escape(whole)}</title>" if whole and whole != text else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{title}{escape(text)}</text>'

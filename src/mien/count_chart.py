"""How many clips a table has of each label, split and speaker, as one SVG picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from mien.manifest import SPLITS, Manifest
from mien.report.palette import COLOURS

__all__ = ["NO_LABEL", "counts_by_speaker", "counts_by_split", "draw", "splits_of"]

NO_LABEL = "(no label)"
_SPLIT_COLOURS = {"train": "#2f70bd", "val": "#f2b827", "test": "#d6452f", "": "#2f70bd"}
_ROW, _LEFT, _BAR, _CELL = 22, 150, 460, 62
_MOST = 60  # speakers that get a row of their own

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
    """The counts as SVG text: a bar a label, split by colour; below, a table of the speakers."""
    bars, height = _bars(manifest)
    table, height = _speakers(manifest, height + 2 * _ROW)
    width = max(_LEFT + _BAR + 70, _LEFT + _CELL * len(names_of(manifest)) + 20)
    title = escape(f"{manifest.name}: {len(manifest)} clips")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="13" role="img" '
        f'aria-label="{title}, by label, split and speaker">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        + _text(10, 24, title, 'font-size="16" font-weight="600"')
        + f"{bars}{table}</svg>\n"
    )


def _bars(manifest: Manifest) -> tuple[str, int]:
    """The upper part, and where it ends."""
    counts, splits = counts_by_split(manifest), splits_of(manifest)
    most = max(max(row.total() for row in counts.values()), 1)
    y, drawn = 44, ""
    if splits != [""]:
        drawn, y = _legend(splits, y), y + _ROW
    for label, row in counts.items():
        x = float(_LEFT)
        drawn += _text(_LEFT - 8, y + 15, label, 'text-anchor="end"')
        for split in splits:
            wide = _BAR * row[split] / most
            drawn += (
                f'<rect x="{x:.1f}" y="{y + 3}" width="{wide:.1f}" height="{_ROW - 6}" '
                f'fill="{_SPLIT_COLOURS[split]}"><title>{escape(label)}, {split or "all"}: '
                f"{row[split]}</title></rect>"
            )
            x += wide
        parts = " + ".join(str(row[s]) for s in splits) if len(splits) > 1 else ""
        said = f"{row.total()}" + (f" ({parts})" if parts and row.total() else "")
        inside = x > _LEFT + 0.75 * _BAR and parts
        place = _LEFT + 6 if inside else x + 6
        drawn += _text(place, y + 15, said, 'fill="#fff"' if inside else "")
        y += _ROW
    return drawn, y


def _legend(splits: Sequence[str], y: int) -> str:
    drawn = ""
    for k, split in enumerate(splits):
        x, colour = _LEFT + 90 * k, _SPLIT_COLOURS[split]
        drawn += f'<rect x="{x}" y="{y + 4}" width="12" height="12" fill="{colour}"/>'
        drawn += _text(x + 18, y + 15, split or "no split")
    return drawn


def _speakers(manifest: Manifest, y: int) -> tuple[str, int]:
    """A row a speaker, a cell a label, the darker the more clips."""
    counts, names = counts_by_speaker(manifest), names_of(manifest)
    if set(counts) == {""}:
        return _text(10, y, "No clip has a speaker."), y + _ROW
    drawn = _text(10, y, f"{len(counts)} speakers", 'font-weight="600"')
    for k, name in enumerate(names):
        drawn += _text(_LEFT + _CELL * (k + 0.5), y, name[:9], 'text-anchor="middle"')
    most = max(n for row in counts.values() for n in row.values())
    for speaker, row in list(counts.items())[:_MOST]:
        y += _ROW
        drawn += _text(_LEFT - 8, y, (speaker or "(none)")[:20], 'text-anchor="end"')
        for k, name in enumerate(names):
            drawn += _cell(_LEFT + _CELL * k, y, row[name], row[name] / most, name)
    if len(counts) > _MOST:
        y += _ROW
        drawn += _text(10, y, f"and {len(counts) - _MOST} more")
    return drawn, y + _ROW


def _cell(x: int, y: int, count: int, share: float, label: str) -> str:
    colour = COLOURS.get(label, "#666c76")
    box = f'<rect x="{x + 1}" y="{y - 15}" width="{_CELL - 2}" height="{_ROW - 2}" '
    shade = f'fill="{colour}" fill-opacity="{0.55 * share:.2f}"/>'
    return f"{box}{shade}" + _text(x + _CELL / 2, y, str(count), 'text-anchor="middle"')


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(text)}</text>'

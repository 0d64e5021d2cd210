"""An answer in a cell of a notebook: label, bars, timeline.

All of its style is within the elements, in colours that stand on light and on dark pages, so that
it changes nothing else on the page and is readable where a page drops styles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from mien.output.report.cells import Cell, clip_cells, runs, thin
from mien.output.report.chart import clock, said
from mien.output.report.html_parts import breaking, safe
from mien.output.report.palette import colours
from mien.output.report.words import every_label, together, without_evidence
from mien.types import Prediction

__all__ = ["fragment"]

_BESIDE = 2  # branches that have a column beside the answer
_LANES = 6  # branches that have a strip
_DRAWN = 240  # stretches of a strip
_REASONS = 6
_SOFT = "opacity:.72;font-size:.88em"
_TRACK = "background:rgba(128,128,128,.2);border-radius:3px;overflow:hidden"
_CELL = "padding:2px 14px 2px 0;border:0;text-align:left;background:none;vertical-align:middle"
_TABLE = "color:inherit;width:100%;border-collapse:collapse;font-size:.92em"
_WHO = f"{_CELL};width:1%;white-space:nowrap"


def fragment(p: Prediction) -> str:
    """HTML that goes into a page; it has no scripts and refers to nothing, and all is escaped."""
    return (
        '<div style="max-width:46em;font-family:system-ui,sans-serif;line-height:1.45;padding:4px">'
        f"{_head(p)}{_bars(p)}{_timeline(p)}</div>"
    )


def _head(p: Prediction) -> str:
    path = str(p.source["path"])
    name = f'<div style="{_SOFT};overflow-wrap:anywhere">{safe(PurePath(path).name or path)}</div>'
    trust = "reliable" if p.reliable else "uncertain"
    if p.label is None or p.confidence is None:
        text = f"<b>No answer</b> {safe(without_evidence(p))}"
    else:
        chip = f"background:{_colour(p, p.label)};{_square(0.8)};margin-right:.45em"
        text = (
            f'<span style="{chip}"></span><b style="font-size:1.5em">{safe(p.label)}</b> '
            f"{p.confidence:.0%}, {trust}"
        )
    notes = [safe(reason.message) for reason in p.reasons[:_REASONS]]
    more = len(p.reasons) - _REASONS
    notes += [f"and {more} more reasons"] if more > 0 else []
    rows = "".join(f'<div style="{_SOFT};overflow-wrap:anywhere">{note}</div>' for note in notes)
    return f"{name}<div>{text}</div>{rows}"


def _bars(p: Prediction) -> str:
    """A table that is also a chart: a row for each label."""
    columns: list[tuple[str, Mapping[str, float] | None]] = [(together(p), p.probabilities)]
    if len(p.branches) <= _BESIDE:
        columns += [(f"{name} only", say.probabilities) for name, say in p.branches.items()]
    if all(values is None for _, values in columns):
        return ""
    head = "".join(f'<th style="{_CELL};font-weight:600">{breaking(n)}</th>' for n, _ in columns)
    body = "".join(
        f'<tr style="background:none"><th style="{_WHO};font-weight:'
        f'{700 if label == p.label else 400}"><span style="background:{_colour(p, label)};'
        f'{_square(0.7)};margin-right:.5em"></span>{safe(label)}</th>'
        f"{''.join(_bar(_colour(p, label), label, values) for _, values in columns)}</tr>"
        for label in p.labels
    )
    about = f"Probabilities of {safe(every_label(p.labels))}"
    return (
        f'<table style="{_TABLE};margin:8px 0" aria-label="{about}">'
        f'<thead><tr style="background:none"><td style="{_WHO}"></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _bar(colour: str, label: str, values: Mapping[str, float] | None) -> str:
    if values is None:
        return f'<td style="{_CELL}"><span style="{_SOFT}">absent</span></td>'
    share = values.get(label, 0.0)
    return (
        f'<td style="{_CELL}"><div style="display:flex;align-items:center;gap:8px">'
        f'<div style="flex:1;height:.75em;{_TRACK}"><div style="height:100%;'
        f'width:{100 * share:.1f}%;background:{colour}"></div></div>'
        f'<span style="width:2.7em;text-align:right">{share:.0%}</span></div></td>'
    )


def _timeline(p: Prediction) -> str:
    """A strip for the answer and for each branch; nothing where there was nothing to go by."""
    if all(span.probabilities is None for span in p.timeline):
        return ""
    seconds = max(float(p.source["duration"]), p.timeline[-1].end)
    lanes = {together(p): clip_cells(p)}
    for name in list(p.branches)[:_LANES]:
        lanes[f"{name} only"] = clip_cells(p, name)
    rows = "".join(
        f'<tr style="background:none"><th style="{_WHO};font-weight:400">{breaking(name)}</th>'
        f'<td style="{_CELL};padding-right:0">{_strip(p, name, parts, seconds)}</td></tr>'
        for name, parts in lanes.items()
    )
    ends = f"<span>{clock(0)}</span><span>{clock(seconds)}</span>"
    axis = f'<div style="display:flex;justify-content:space-between;{_SOFT}">{ends}</div>'
    return (
        f'<table style="{_TABLE}" aria-label="Over time"><tbody>{rows}<tr style="background:none">'
        f'<td style="{_WHO}"></td><td style="{_CELL};padding-right:0">{axis}</td></tr>'
        "</tbody></table>"
    )


def _strip(p: Prediction, name: str, parts: list[Cell], seconds: float) -> str:
    stretches = list(runs(parts))
    if len(stretches) > _DRAWN:
        stretches = list(runs(thin(parts, _DRAWN)))

    def pieces() -> Iterator[str]:
        at = 0.0
        for run in stretches:
            start, end = max(run.start, at), min(run.end, seconds)
            words = f"{clock(run.start)} to {clock(run.end)}: {run.label} {run.mean:.0%}"
            yield _piece(start - at, seconds)
            yield _piece(end - start, seconds, _colour(p, run.label), words)
            at = max(at, end)

    return (
        f'<div role="img" aria-label="{safe(f"{name}: {said(stretches)}")}" '
        f'style="display:flex;height:1.2em;{_TRACK}">{"".join(pieces())}</div>'
    )


def _piece(length: float, seconds: float, colour: str = "none", words: str = "") -> str:
    share = 100 * max(0.0, length) / max(seconds, 1e-3)
    title = f' title="{safe(words)}"' if words else ""
    return f'<div style="flex:none;width:{share:.3f}%;background:{colour}"{title}></div>'


def _square(side: float) -> str:
    return f"display:inline-block;width:{side}em;height:{side}em;border-radius:3px"


def _colour(p: Prediction, label: str) -> str:
    return colours(p.labels).get(label, "#666c76")

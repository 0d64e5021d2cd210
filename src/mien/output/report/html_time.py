"""The part of the page about time: chart, lanes, and the same as a table."""

from __future__ import annotations

from collections.abc import Iterator

from mien.core.published import data_uri
from mien.output.report.cells import GAP, Cell, Run, cells, clip_cells, runs, sights, thin, within
from mien.output.report.chart import axis, clock, lane, stacked
from mien.output.report.html_parts import breaking, safe, tint
from mien.types import Person, Prediction, Speech

__all__ = ["timeline_section"]

_DRAWN = 360  # cells of a drawing; more would be narrower than three pixels
_LANES = 12  # people with a lane of their own
_ROWS = 60  # of the table


def timeline_section(p: Prediction) -> str:
    """Chart, lanes and table, or nothing for an answer without windows."""
    if not p.timeline:
        return ""
    if all(span.probabilities is None for span in p.timeline):
        return (
            '<section><h2>Over time</h2><p class="soft">Nothing to go by at any time.</p></section>'
        )
    seconds = max(float(p.source["duration"]), p.timeline[-1].end)
    legend = "".join(f'<span><i class="{tint(n, p.labels)}"></i>{safe(n)}</span>' for n in p.labels)
    scale = "".join(f'<span style="top:{100 - k}%">{k}%</span>' for k in (0, 50, 100))
    chart = stacked(thin(clip_cells(p), _DRAWN), seconds, p.labels)
    return (
        '<section><h2>Over time</h2><div class="lane plot">'
        f'<div class="who scale" aria-hidden="true">{scale}</div>{chart}</div>'
        f'<div class="lane"><div class="who"></div><div class="axis">{axis(seconds)}</div></div>'
        f'<div class="legend" aria-hidden="true">{legend}</div>'
        f'<div class="lanes">{"".join(_lanes(p, seconds))}</div>{_table(p)}</section>'
    )


def _lanes(p: Prediction, seconds: float) -> Iterator[str]:
    def drawn(parts: list[Cell], name: str, speech: Speech | None = None) -> str:
        spans = () if speech is None else speech.spans
        return lane(_runs(parts), seconds, name, p.labels, spans)

    yield _lane("fused", drawn(clip_cells(p), "fused"))
    for branch, say in p.branches.items():
        parts = clip_cells(p, branch)
        empty = all(cell.probabilities is None for cell in parts)
        note = '<span class="strip note">absent</span>'
        drawing = note if empty and not say.present else drawn(parts, branch)
        yield _lane(f"{breaking(branch)} only", drawing)
    for person in p.people[:_LANES]:
        name = f"person {person.id}"
        parts = within(cells(person.timeline), _seen(person, seconds))
        yield _lane(f"{_face(person)}{name}", drawn(parts, name, person.speech))
    if p.people:
        text = "A person's strip has colour while the person is in view"
        speaks = any(person.speech for person in p.people)
        text += ", and a dark line below while the person speaks." if speaks else "."
        more = len(p.people) - _LANES
        rest = f" {more} more people have no strip." if more > 0 else ""
        yield f'<p class="soft">{text}{rest}</p>'


def _runs(parts: list[Cell]) -> list[Run]:
    """Runs to draw: of thinned cells where there are more than can be seen."""
    stretches = list(runs(parts))
    return stretches if len(stretches) <= _DRAWN else list(runs(thin(parts, _DRAWN)))


def _seen(person: Person, seconds: float) -> list[tuple[float, float]]:
    """When in view, without pauses that are too short to draw; a short sight can still be seen."""
    least = seconds / 500
    stretches = sights(person, max(GAP, 2 * least), seconds)
    return [(start, max(end, start + least)) for start, end in stretches]


def _lane(head: str, drawing: str) -> str:
    return f'<div class="lane"><div class="who">{head}</div>{drawing}</div>'


def _face(person: Person) -> str:
    if not person.thumbnail:
        return ""
    return f'<img class="tiny" alt="" src="{data_uri(person.thumbnail)}">'


def _table(p: Prediction) -> str:
    """The fused stretches as text, for those who cannot see the drawing."""
    stretches = list(runs(clip_cells(p)))
    rows = "".join(
        f"<tr><td>{clock(run.start)}</td><td>{clock(run.end)}</td>"
        f"<td>{safe(run.label)}</td><td>{run.mean:.0%}</td></tr>"
        for run in stretches[:_ROWS]
    )
    more = len(stretches) - _ROWS
    note = f"<p>{more} more rows are in the CSV output.</p>" if more > 0 else ""
    head = "".join(f'<th scope="col">{h}</th>' for h in ("from", "to", "label", "mean probability"))
    body = rows or '<tr><td colspan="4">nothing to go by</td></tr>'
    return (
        f'<details><summary>As a table</summary><table class="plain"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{note}</details>"
    )

"""The part of the page that compares an answer with the usual self of its people."""

from __future__ import annotations

from mien.output.report.cells import clip_cells, runs
from mien.output.report.chart import lane
from mien.output.report.html_parts import bar, safe, tint
from mien.types import Prediction

__all__ = ["relative_section"]


def relative_section(p: Prediction) -> str:
    """The absolute and the relative answer beside each other; nothing where none was asked for."""
    relative = p.relative
    if relative is None:
        return ""
    notes = "".join(f"<li>{safe(reason.message)}</li>" for reason in relative.reasons)
    listed = f'<ul class="notes">{notes}</ul>' if notes else ""
    head = f"<h2>Compared with their usual self</h2>{_chips(p)}"
    if relative.probabilities is None or relative.label is None:
        return f"<section>{head}{listed}</section>"
    rows = "".join(
        f'<tr{" class=best" if name == relative.label else ""}><th scope="row">{safe(name)}</th>'
        f"{bar(name, p.probabilities, p.labels)}{bar(name, relative.probabilities, p.labels)}</tr>"
        for name in p.labels
    )
    table = (
        '<table class="bars"><thead><tr><td></td><th scope="col">as it is<small>the answer above'
        '</small></th><th scope="col">more than usual<small>with the usual taken out</small></th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )
    text = (
        "The right column is not the probability of what is shown: what this person usually "
        "shows has been taken out."
    )
    return f'<section>{head}{table}{_strips(p)}<p class="soft">{text}</p>{listed}</section>'


def _chips(p: Prediction) -> str:
    """Where the baseline is from, and what it rests on."""
    assert p.relative is not None
    rests = [
        f"{correction.seconds:.0f} s of {branch}, {correction.share:.0%} of the correction"
        for branch, correction in p.relative.branches.items()
    ]
    chips = [f"baseline: {p.relative.baseline}", *rests]
    return "".join(f'<span class="chip">{safe(text)}</span>' for text in chips)


def _strips(p: Prediction) -> str:
    """Both over time."""
    relative = p.relative
    if relative is None or len(relative.timeline) < 2:
        return ""
    seconds = max(float(p.source["duration"]), p.timeline[-1].end)
    result = ""
    for name, timeline in (("as it is", p.timeline), ("more than usual", relative.timeline)):
        drawn = lane(list(runs(clip_cells(p, timeline=timeline))), seconds, name, p.labels)
        result += f'<div class="lane"><div class="who">{name}</div>{drawn}</div>'
    shown = dict.fromkeys(w.label for w in (*p.timeline, *relative.timeline) if w.label)
    legend = "".join(f'<span><i class="{tint(n, p.labels)}"></i>{safe(n)}</span>' for n in shown)
    return f'{result}<div class="legend" aria-hidden="true">{legend}</div>'

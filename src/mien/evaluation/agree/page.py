"""The page of a comparison: one file that refers to nothing but the clips themselves."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources
from string import Template

from mien import __version__
from mien.evaluation.agree import words
from mien.evaluation.agree.drawings import answer_lane, confusion_map, difference_lane, track_lane
from mien.evaluation.agree.material import Material
from mien.evaluation.agree.page_tables import (
    coverage_table,
    lag_list,
    pair_tables,
    recall_tables,
    scale_table,
    section,
)
from mien.evaluation.agree.result import ANSWERS, Disagreement, Pair, Study
from mien.evaluation.agree.windows import Windows
from mien.output.report.chart import axis, clock
from mien.output.report.html_parts import fills, safe, tint
from mien.output.report.palette import COLOURS

__all__ = ["page"]

_MAPS = 6  # confusions that are drawn
_CLIPS = 12  # clips with lanes


def page(study: Study, material: Material, cut: Windows) -> str:
    """The page as text. Everything from outside is escaped."""
    folder = resources.files("mien.evaluation.agree")
    script = (folder / "page.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template((folder / "page.html").read_text("utf-8")).substitute(
        title=safe(words.title(study)),
        style=_style(study.labels),
        script=script,
        script_hash=f"sha256-{digest}",
        overview=_overview(study),
        pairs=pair_tables(study),
        confusions=_confusions(study),
        recalls=recall_tables(study),
        times=_times(study, material, cut),
        looks=_looks(study),
        more=lag_list(study) + scale_table(study),
        version=escape(__version__),
    )


def _style(labels: tuple[str, ...]) -> str:
    """The look of the answers' page."""
    text = (resources.files("mien.output.report") / "page.html").read_text("utf-8")
    style = text[text.index("<style>") + len("<style>") : text.index("</style>")]
    return Template(style).substitute(
        colours="".join(f"--{name}:{colour};" for name, colour in COLOURS.items()),
        fills=fills(labels),
    )


def _overview(study: Study) -> str:
    """The answer first, then what it rests on and what cannot be known."""
    question = "Does mien agree with the coders?" if study.answers else "Do the coders agree?"
    lines = "".join(f'<p class="lead">{safe(line)}</p>' for line in words.summary(study))
    remarks = "".join(f"<li>{safe(remark)}</li>" for remark in study.remarks)
    notes = f'<h2 class="small">What has to be known</h2><ul class="heard">{remarks}</ul>'
    faults = "".join(f"<li>{safe(fault)}</li>" for fault in study.faults[:20])
    more = f"<li>and {len(study.faults) - 20} more</li>" if len(study.faults) > 20 else ""
    left_out = (
        f"<details><summary>{len(study.faults)} rows could not be used</summary>"
        f'<ul class="notes">{faults}{more}</ul></details>'
    )
    return section(
        question,
        "",
        lines
        + f'<p class="soft">{safe(words.uncoded(study))}</p>'
        + coverage_table(study)
        + (notes if study.remarks else "")
        + (left_out if study.faults else ""),
    )


def _confusions(study: Study) -> str:
    pairs = (*study.between(study.by, answers=True), *study.between(study.by, answers=False))
    figures = "".join(_figure(pair, study) for pair in pairs[:_MAPS])
    if not figures:
        return ""
    note = f"per cent of the row, and {words.units(study)}"
    return section("Confusions", note, f'<div class="pictures">{figures}</div>')


def _figure(pair: Pair, study: Study) -> str:
    note = f"{pair.n} {words.units(study, pair.n)}, agreed on {words.percent(pair.agreed)}"
    return (
        f"<figure><figcaption>{safe(words.pair_name(pair))}<small>{safe(note)}</small>"
        f"</figcaption>{confusion_map(pair, study.labels)}</figure>"
    )


def _times(study: Study, material: Material, cut: Windows) -> str:
    """Lanes of the longest clips."""
    order = sorted(range(len(material.units)), key=lambda k: -material.units[k].duration)
    timed = [k for k in order if material.units[k].duration > 0]
    if not timed:
        return ""
    drawn = "".join(_clip(study, material, cut, k) for k in sorted(timed[:_CLIPS]))
    legend = "".join(
        f'<span><i class="{tint(n, study.labels)}"></i>{safe(n)}</span>' for n in study.labels
    )
    more = len(timed) - _CLIPS
    rest = f'<p class="soft">{more} shorter clips are not drawn.</p>' if more > 0 else ""
    key = (
        '<p class="soft key"><i></i>mien has another label than most coders</p>'
        if study.answers
        else ""
    )
    return section("Over time", "", f'<div class="legend">{legend}</div>{key}{drawn}{rest}')


def _clip(study: Study, material: Material, cut: Windows, number: int) -> str:
    unit = material.units[number]
    lanes = [(coder, track_lane(unit, coder, study.labels)) for coder in study.coders]
    if study.answers:
        lanes.append((ANSWERS, answer_lane(unit, study.labels)))
        lanes.append(("", difference_lane(material, cut, number)))
    rows = "".join(
        f'<div class="lane"><div class="who">{safe(name)}</div>{drawing}</div>'
        for name, drawing in lanes
    )
    person = f" <small>{safe(unit.person)}</small>" if unit.person else ""
    return (
        f'<div class="clip"><h3>{safe(unit.clip)}{person}</h3>{rows}<div class="lane">'
        f'<div class="who"></div><div class="axis">{axis(unit.duration)}</div></div></div>'
    )


def _looks(study: Study) -> str:
    """The strongest disagreements, and a player for them."""
    if not study.answers:
        return ""
    if not study.disagreements:
        return section("Disagreements", "", "<p>There is none: mien has the coders' labels.</p>")
    rows = "".join(_rows(study.disagreements, study.labels))
    playable = any(d.media for d in study.disagreements)
    player = (
        '<div class="player"><video controls preload="metadata" playsinline></video>'
        '<img id="picture" alt="The picture of the stretch" hidden>'
        '<p class="soft" id="playing" role="status">Click a stretch to see it.</p></div>'
    )
    gone = '<div class="player"><p class="soft">The clips are not where the answers say.</p></div>'
    note = "the strength is the distance between mien's probabilities and the coders' shares"
    return section(
        f"The {len(study.disagreements)} strongest disagreements",
        note,
        f'<div class="looks"><ol class="stretches">{rows}</ol>{player if playable else gone}</div>',
    )


def _rows(disagreements: Sequence[Disagreement], labels: tuple[str, ...]) -> Iterator[str]:
    for number, d in enumerate(disagreements, 1):
        when = clock(d.start) if d.end <= d.start else f"{clock(d.start)} to {clock(d.end)}"
        who = words.names(d.coders)
        title = f"{d.clip}, {when}: {who}: {d.coded}; mien: {d.answered}"
        person = f" {safe(d.person)}" if d.person else ""
        inside = (
            f'<span class="number">{number}</span><span><b>{when}</b><small>{safe(d.clip)}{person}'
            f'</small></span><span class="what">{_label_of_rater(d.coded, who, labels)}<br>'
            f"{_label_of_rater(d.answered, ANSWERS, labels)}</span>"
            f'<span class="strength">{d.strength:.2f}</span>'
        )
        yield f"<li>{_link(d, title, inside)}</li>"


def _label_of_rater(label: str, who: str, labels: tuple[str, ...]) -> str:
    return f'<i class="{tint(label, labels)}"></i>{safe(label)} <small>{safe(who)}</small>'


def _link(d: Disagreement, title: str, inside: str) -> str:
    if not d.media:
        return f'<div class="stretch">{inside}</div>'
    address = safe(f"{d.media}#t={d.start:g},{d.end:g}")
    return f'<a class="stretch" href="{address}" title="{safe(title)}">{inside}</a>'

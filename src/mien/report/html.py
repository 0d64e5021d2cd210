"""One self-contained page: the answer, its parts, the timeline, the people, key frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

import cv2
import numpy as np

from mien import __version__
from mien.answer import data_uri
from mien.report.atomic import atomic
from mien.report.chart import lane, stacked
from mien.report.palette import COLOURS, rgb
from mien.report.video import box_at, window_at
from mien.types import KeyFrame, Person, Prediction

__all__ = ["page", "write_html"]


def write_html(p: Prediction, path: Path) -> None:
    """Write the page; it refers to nothing outside itself."""
    with atomic(path) as part:
        part.write_text(page(p), "utf-8")


def page(p: Prediction) -> str:
    """The page as text. All names from outside are escaped."""
    template = resources.files("mien") / "assets" / "report.html"
    seconds = float(p.source["duration"])
    swatches = "".join(f"--{name}:{colour};" for name, colour in COLOURS.items())
    return Template(template.read_text("utf-8")).substitute(
        colours=swatches,
        name=escape(Path(str(p.source["path"])).name),
        headline=_headline(p),
        reasons="".join(f"<li>{escape(r.message)}</li>" for r in p.reasons),
        bars=_bars(p),
        legend=_legend(),
        chart=stacked(p.timeline, seconds),
        lanes="".join(_lanes(p, seconds)),
        people="".join(_person(person) for person in p.people) or "<p>No faces were found.</p>",
        frames="".join(_frame(p, frame) for frame in p.key_frames) or "<p>There is no picture.</p>",
        facts=_facts(p),
        version=__version__,
    )


def _headline(p: Prediction) -> str:
    if p.label is None:
        return '<p class="label none">No answer</p><p>Neither a face nor a voice to go by.</p>'
    trust = "" if p.reliable else '<p class="doubt">Not reliable: see the notes below.</p>'
    return (
        f'<p class="label" style="--c:var(--{p.label})">{p.label}</p>'
        f'<p class="sure">{p.confidence:.0%} sure</p>{trust}'
    )


def _bars(p: Prediction) -> str:
    """A table that is also a chart: a row for each emotion, a column for each branch."""
    columns: dict[str, Mapping[str, float] | None] = {"together": p.probabilities}
    columns |= {name: say.probabilities for name, say in p.branches.items()}
    head = "".join(f'<th scope="col">{name}{_weight(p, name)}</th>' for name in columns)
    body = ""
    for label in COLOURS:
        cells = "".join(_bar(label, values) for values in columns.values())
        mark = ' class="top"' if label == p.label else ""
        body += f'<tr{mark}><th scope="row">{label}</th>{cells}</tr>'
    return f"<table class=bars><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"


def _weight(p: Prediction, name: str) -> str:
    if name not in p.branches:
        return ""
    say = p.branches[name]
    return f"<small>weight {say.weight:.0%}</small>" if say.present else "<small>absent</small>"


def _bar(label: str, values: Mapping[str, float] | None) -> str:
    if values is None:
        return '<td class="absent">–</td>'
    value = values[label]
    return (
        f'<td><i style="width:{100 * value:.1f}%;background:var(--{label})"></i>'
        f"<span>{value:.0%}</span></td>"
    )


def _legend() -> str:
    return "".join(f'<span><i style="background:var(--{n})"></i>{n}</span>' for n in COLOURS)


def _lanes(p: Prediction, seconds: float) -> Iterator[str]:
    """Strips of colour: each branch, then each person."""
    for branch, say in p.branches.items():
        parts = [(s.start, s.end, s.branches.get(branch)) for s in p.timeline]
        note = escape(say.reason or "") if not say.present else ""
        yield _lane(f"<b>{branch}</b>", lane(parts, seconds), note)
    for person in p.people[:40]:
        parts = [(s.start, s.end, s.probabilities) for s in person.timeline]
        yield _lane(_face(person, "tiny") + f"<b>person {person.id}</b>", lane(parts, seconds), "")
    if len(p.people) > 40:
        yield f"<p>and {len(p.people) - 40} more people</p>"


def _lane(head: str, strip: str, note: str) -> str:
    inside = f'<span class="note">{note}</span>' if note else strip
    return f'<div class="lane"><div class="who">{head}</div><div class="strip">{inside}</div></div>'


def _face(person: Person, kind: str) -> str:
    if not person.thumbnail:
        return ""
    return (
        f'<img class="{kind}" alt="face of person {person.id}" src="{data_uri(person.thumbnail)}">'
    )


def _person(person: Person) -> str:
    order = sorted(person.probabilities.items(), key=lambda item: -item[1])[:3]
    rows = "".join(
        f'<li><i style="width:{60 * value:.0f}%;background:var(--{name})"></i>'
        f"{name} {value:.0%}</li>"
        for name, value in order
    )
    main = " (main)" if person.id == 1 else ""
    return (
        f'<div class="card">{_face(person, "face")}<div><h3>Person {person.id}{main}</h3>'
        f"<p>{person.start:.1f} s to {person.end:.1f} s, seen {len(person.times)} times</p>"
        f"<ul>{rows}</ul></div></div>"
    )


def _frame(p: Prediction, frame: KeyFrame) -> str:
    window = window_at(p.timeline, frame.time)
    label = "nothing to go by" if window is None or window.label is None else window.label
    source = data_uri(_drawn(p, frame))
    return (
        f'<figure><img alt="frame at {frame.time:.1f} s" src="{source}">'
        f"<figcaption>{frame.time:.1f} s: {label}</figcaption></figure>"
    )


def _drawn(p: Prediction, frame: KeyFrame) -> bytes:
    """The key frame with the boxes of the people in view."""
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None  # our own JPEG
    for person in p.people:
        box = box_at(person, frame.time)
        window = window_at(person.timeline, frame.time)
        if box is not None:
            x0, y0, x1, y1 = (round(float(v) / frame.scale) for v in box)
            colour = rgb(None if window is None else window.label)[::-1]
            cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 2, cv2.LINE_AA)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _facts(p: Prediction) -> str:
    width, height = p.size
    rows = {
        "file": str(p.source["path"]),
        "SHA-256": str(p.source["sha256"]),
        "duration": f"{p.source['duration']:.2f} s"
        + ("" if p.source["complete"] else ", incomplete"),
        "picture": f"{width} x {height}" if width else "none",
        "model": f"{p.model['name']} ({p.model['sha256'][:12]})",
    }
    return "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in rows.items())

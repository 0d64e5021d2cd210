"""The transcript as one page: text in the colour of its emotion, and a click plays the line."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path, PurePath
from string import Template
from urllib.parse import quote

from mien import __version__
from mien.core.atomic import atomic
from mien.core.published import data_uri
from mien.inference.transcript.result import Line, Lines
from mien.output.report.chart import clock
from mien.output.report.html_parts import bar, fills, safe, tint
from mien.output.report.palette import COLOURS, css

__all__ = ["lines_page", "write_lines_html"]

_FAINT, _STRONG = 0.14, 0.62
"""Shares of the colour behind a text of the lowest and of the highest confidence."""
_NARROW = 0.25  # % of the strip that a line takes at least


def write_lines_html(lines: Lines, path: Path, clip: Path | None = None) -> None:
    """Write the page; beside itself it needs the clip alone.

    Args:
        lines: the answer.
        path: of the page.
        clip: that it plays, found by its place relative to the page; None: of the same name beside
            the page. Where it is not there, the reader is asked for it.

    Raises:
        OutputError: the file cannot be written.
    """
    text = lines_page(lines, _address(lines, path, clip))
    with atomic(path) as part:
        part.write_text(text, "utf-8")


def _address(lines: Lines, path: Path, clip: Path | None) -> str:
    name = PurePath(str(lines.source["path"])).name
    if clip is None:
        return quote(name)
    try:
        return quote(Path(os.path.relpath(clip.absolute(), path.absolute().parent)).as_posix())
    except ValueError:  # on another drive of Windows
        return clip.absolute().as_uri()


def lines_page(lines: Lines, address: str) -> str:
    """The page as text; everything from outside is escaped.

    Args:
        lines: the answer.
        address: of the clip, as the page sees it.
    """
    folder = resources.files("mien.inference.transcript")
    script = (folder / "page.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template((folder / "page.html").read_text("utf-8")).substitute(
        colours="".join(f"--{name}:{colour};" for name, colour in COLOURS.items()),
        fills=fills(lines.labels) + _tints(lines.labels),
        name=safe(PurePath(str(lines.source["path"])).name or str(lines.source["path"])),
        player=_player(lines, address),
        strip=_strip(lines),
        legend=_legend(lines),
        notes=_notes(lines),
        lines="".join(_row(line, lines) for line in lines.lines),
        facts=_facts(lines),
        version=safe(__version__),
        script=script,
        digest=digest,
    )


def _tints(labels: tuple[str, ...]) -> str:
    """The same colours as variables, which are mixed with the page by confidence."""
    return "".join(f".{tint(n, labels)}{{--tint:{css(n, labels)}}}" for n in labels)


def _player(lines: Lines, address: str) -> str:
    read = lines.source.get("read") or {}
    kind = "audio" if read and read.get("video_track") is None else "video"
    return (
        f'<{kind} id="clip" controls preload="metadata" playsinline src="{safe(address)}"></{kind}>'
        '<p id="missing" hidden>The clip is not beside this page. '
        '<label>Choose it: <input type="file" accept="video/*,audio/*"></label></p>'
    )


def _seconds(lines: Lines) -> float:
    last = max((line.end for line in lines.lines), default=0.0)
    return max(float(lines.source.get("duration") or 0.0) or last, 1e-3)


def _strip(lines: Lines) -> str:
    """All lines over time, one lane a speaker."""
    seconds = _seconds(lines)
    names = [speaker.name for speaker in lines.speakers]
    if not names or any(not line.speaker for line in lines.lines):
        names.append("")
    lanes = []
    for name in names:
        blocks = "".join(
            _block(line, lines, seconds) for line in lines.lines if line.speaker == name
        )
        title = safe(name) if name else ("other" if len(names) > 1 else "lines")
        lanes.append(f'<div class="lane"><b><bdi>{title}</bdi></b><div>{blocks}</div></div>')
    return f'{"".join(lanes)}<i id="now" hidden></i>'


def _block(line: Line, lines: Lines, seconds: float) -> str:
    left = 100 * min(1.0, max(0.0, line.start) / seconds)
    width = min(100 - left, max(_NARROW, 100 * (line.end - max(0.0, line.start)) / seconds))
    if width <= 0:
        return ""
    shade = tint(line.label, lines.labels) if line.label else "c"
    return (
        f'<a class="{shade}{"" if line.reliable else " unsure"}" href="#line-{line.number}" '
        f'style="left:{left:.3f}%;width:{width:.3f}%" tabindex="-1" aria-hidden="true" '
        f'title="{clock(max(0.0, line.start))}: {safe(line.label or "no answer")}"></a>'
    )


def _legend(lines: Lines) -> str:
    counts = {name: sum(line.label == name for line in lines.lines) for name in lines.labels}
    return "".join(
        f'<button type="button" data-label="{safe(name)}" aria-pressed="false">'
        f'<i class="{tint(name, lines.labels)}"></i>{safe(name)} <small>{count}</small></button>'
        for name, count in counts.items()
    )


def _notes(lines: Lines) -> str:
    rows = "".join(f"<li>{safe(reason.message)}</li>" for reason in lines.reasons)
    return f'<ul class="notes">{rows}</ul>' if rows else ""


def _row(line: Line, lines: Lines) -> str:
    shade = tint(line.label, lines.labels) if line.label else "c"
    share = _FAINT + (_STRONG - _FAINT) * (line.confidence or 0.0)
    unsure = "" if line.reliable else " unsure"
    verdict = (
        f"<b>{safe(line.label)}</b> {line.confidence:.0%}"
        if line.label is not None and line.confidence is not None
        else "no answer"
    )
    return (
        f'<li id="line-{line.number}" class="line {shade}{unsure}" '
        f'data-start="{max(0.0, line.start):.3f}" data-end="{line.end:.3f}" '
        f'data-label="{safe(line.label or "")}">'
        f'<button type="button" class="play" aria-label="Play line {line.number}">'
        f"<span>{_stamp(line.start)}</span></button>"
        f'<div class="who">{_face(line, lines)}<bdi>{safe(line.speaker)}</bdi></div>'
        f'<div class="said"><p><mark style="--share:{100 * share:.0f}%">'
        f"<bdi>{safe(line.text)}</bdi></mark></p>{_why(line, lines)}</div>"
        f'<div class="label">{verdict}{_doubt(line)}</div></li>'
    )


def _doubt(line: Line) -> str:
    return '<small class="doubt">uncertain</small>' if line.label and not line.reliable else ""


def _face(line: Line, lines: Lines) -> str:
    people = {} if lines.prediction is None else {p.id: p for p in lines.prediction.people}
    person = people.get(line.person or 0)
    if person is None or not person.thumbnail:
        return "<i></i>"
    return f'<img alt="Person {person.id}" src="{data_uri(person.thumbnail)}">'


def _why(line: Line, lines: Lines) -> str:
    """Bars of the line and of each branch, and what was doubtful."""
    if line.probabilities is None and not line.reasons:
        return ""
    reasons = "".join(f"<li>{safe(reason.message)}</li>" for reason in line.reasons)
    parts: dict[str, Mapping[str, float] | None] = {"together": line.probabilities}
    parts |= {f"{name} only": values for name, values in line.branches.items()}
    if line.relative is not None:
        parts["more than usual"] = line.relative
    head = "".join(f'<th scope="col">{safe(name)}</th>' for name in parts)
    body = "".join(
        f'<tr><th scope="row">{safe(name)}</th>'
        + "".join(bar(name, values, lines.labels) for values in parts.values())
        + "</tr>"
        for name in lines.labels
    )
    table = (
        f'<table class="bars"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'
    )
    shown = table if line.probabilities is not None else ""
    notes = f'<ul class="notes">{reasons}</ul>' if reasons else ""
    return f"<details><summary>why</summary>{shown}{notes}</details>"


def _stamp(seconds: float) -> str:
    total = max(0, int(seconds * 10 + 1e-6))
    minutes, rest = divmod(total, 600)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes}:{rest // 10:02}.{rest % 10}"
    return f"{hours}:{text:0>7}" if hours else text


def _facts(lines: Lines) -> str:
    sure = sum(line.reliable for line in lines.lines)
    rows = {
        "clip": str(lines.source["path"]),
        "transcript": lines.transcript,
        "lines": f"{len(lines.lines)}, {sure} of them reliable",
        **{
            f"who is {speaker.name}": _matched(speaker.people, speaker.in_view)
            for speaker in lines.speakers
        },
        "model": f"{lines.model['name']} ({lines.model['sha256'][:12]}…)",
        "mien": __version__,
    }
    return "".join(
        f"<dt><bdi>{safe(k)}</bdi></dt><dd><bdi>{safe(v)}</bdi></dd>" for k, v in rows.items()
    )


def _matched(people: tuple[int, ...], share: float) -> str:
    if not people:
        return "nobody could be told"
    names = ", ".join(str(person) for person in people)
    return f"person {names}, in view for {share:.0%} of these lines"

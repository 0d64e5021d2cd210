"""One self-contained page: the answer, its parts, the timeline, the people, key frames."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path, PurePath
from string import Template

import cv2
import numpy as np

from mien import __version__
from mien.core.atomic import atomic
from mien.core.published import data_uri
from mien.output.report.chart import clock
from mien.output.report.drawing import boxes_only
from mien.output.report.html_bars import bars, branch_bars
from mien.output.report.html_parts import fills, safe, tint
from mien.output.report.html_people import people_cards
from mien.output.report.html_relative import relative_section
from mien.output.report.html_time import timeline_section
from mien.output.report.palette import COLOURS
from mien.output.report.words import without_evidence
from mien.types import KeyFrame, Prediction

__all__ = ["page", "write_html"]


def write_html(p: Prediction, path: Path, key_frames: Sequence[KeyFrame] | None = None) -> None:
    """Write the page; it refers to nothing outside itself.

    Args:
        p: the answer.
        path: the page.
        key_frames: pictures to show; None shows those of `p`.

    Raises:
        OutputError: the file cannot be written.
    """
    text = page(p, key_frames)
    with atomic(path) as part:
        part.write_text(text, "utf-8")


def page(p: Prediction, key_frames: Sequence[KeyFrame] | None = None) -> str:
    """The page as text. Everything from outside is escaped."""
    template = (resources.files("mien.output.report") / "page.html").read_text("utf-8")
    return Template(template).substitute(
        colours="".join(f"--{name}:{colour};" for name, colour in COLOURS.items()),
        fills=fills(p.labels),
        name=safe(PurePath(str(p.source["path"])).name or str(p.source["path"])),
        headline=_headline(p),
        bars=bars(p),
        branches=branch_bars(p),
        relative=relative_section(p),
        timeline=timeline_section(p),
        people=people_cards(p),
        frames=_frames(p, p.key_frames if key_frames is None else key_frames),
        facts=_facts(p),
        version=escape(__version__),
    )


def _headline(p: Prediction) -> str:
    if p.label is None or p.confidence is None:
        head = f'<p class="label none">No answer</p><p class="sure">{without_evidence(p)}'
    else:
        head = (
            f'<p class="label"><i class="{tint(p.label, p.labels)}"></i>{safe(p.label)}</p>'
            f'<p class="sure">{p.confidence:.0%} confidence'
        )
    return f"{head}</p>{_trust(p)}{_reasons(p)}"


def _trust(p: Prediction) -> str:
    if p.reliable:
        return '<p class="trust yes"><b>✓</b> reliable</p>'
    return '<p class="trust no"><b>!</b> uncertain</p>'


def _reasons(p: Prediction) -> str:
    if not p.reasons:
        return ""
    rows = "".join(f"<li>{safe(r.message)}</li>" for r in p.reasons)
    title = "What was missing or doubtful" if p.label is not None else "Why"
    return f'<h2 class="small">{title}</h2><ul class="notes">{rows}</ul>'


def _frames(p: Prediction, frames: Sequence[KeyFrame]) -> str:
    if not frames:
        return ""
    figures = "".join(_figure(p, frame) for frame in frames)
    return f'<section><h2>Key frames</h2><div class="frames">{figures}</div></section>'


def _figure(p: Prediction, frame: KeyFrame) -> str:
    time = clock(frame.time)
    return (
        f'<figure><img alt="Frame at {time}, with a numbered box around each person in view" '
        f'src="{data_uri(_drawn(p, frame))}"><figcaption>{time}</figcaption></figure>'
    )


def _drawn(p: Prediction, frame: KeyFrame) -> bytes:
    """The key frame with the boxes of the people in view; as it is if it cannot be decoded."""
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        return frame.jpeg
    rgb = np.ascontiguousarray(picture[:, :, ::-1], np.uint8)
    drawn = boxes_only(rgb, p, frame.time, frame.scale)
    bgr = np.ascontiguousarray(drawn[:, :, ::-1])
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def _facts(p: Prediction) -> str:
    width, height = p.size
    length = clock(float(p.source["duration"]))
    rows = {
        "file": str(p.source["path"]),
        "length": length if p.source["complete"] else f"{length} could be read; incomplete",
        "picture": f"{width} × {height} pixels" if width else "none",
        "SHA-256": str(p.source["sha256"])[:16] + "…",
        "model": f"{p.model['name']} ({p.model['sha256'][:12]}…)",
        "mien": __version__,
    }
    return "".join(f"<dt>{k}</dt><dd><bdi>{safe(v)}</bdi></dd>" for k, v in rows.items())

"""The label as subtitles."""

from __future__ import annotations

from pathlib import Path

from mien.core.atomic import atomic
from mien.output.answer import readable
from mien.output.report.cells import clip_cells, runs
from mien.types import Prediction

__all__ = ["write_srt"]

_MARKUP = str.maketrans("<>{}", "‹›()")


def write_srt(p: Prediction, path: Path) -> None:
    """Write SubRip subtitles: stretches of one label with its mean probability.

    Where the answer for the clip is not one to rely on, each of them says "uncertain".

    Raises:
        OutputError: the file cannot be written.
    """
    after = "" if p.reliable else ", uncertain"
    blocks = [
        f"{k}\n{_stamp(run.start)} --> {_stamp(run.end)}\n"
        f"{_plain(run.label)} ({run.mean:.0%}{after})\n"
        for k, run in enumerate(runs(clip_cells(p)), 1)
    ]
    with atomic(path) as part:
        part.write_text("\n".join(blocks), "utf-8")


def _plain(label: str) -> str:
    """Without what players take for markup, and on one line; the format has no escapes."""
    return " ".join(readable(label).split()).translate(_MARKUP)


def _stamp(seconds: float) -> str:
    """Hours:minutes:seconds,milliseconds."""
    total = round(max(0.0, seconds) * 1000)
    hours, rest = divmod(total, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"

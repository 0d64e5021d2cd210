"""The label as subtitles."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mien.core.atomic import atomic
from mien.core.published import readable
from mien.output.report.cells import clip_cells, runs
from mien.types import Prediction

__all__ = ["subtitle_text", "write_srt", "write_subtitles"]

_MARKUP = str.maketrans("<>{}", "‹›()")


def write_srt(p: Prediction, path: Path) -> None:
    """Write SubRip subtitles: stretches of one label with its mean probability.

    Where the answer for the clip is not one to rely on, each of them says "uncertain".

    Raises:
        OutputError: the file cannot be written.
    """
    after = "" if p.reliable else ", uncertain"
    write_subtitles(
        path,
        [
            (run.start, run.end, f"{subtitle_text(run.label)} ({run.mean:.0%}{after})")
            for run in runs(clip_cells(p))
        ],
    )


def write_subtitles(path: Path, subtitles: Iterable[tuple[float, float, str]]) -> None:
    """Write SubRip: start in s, end in s and text of each.

    Raises:
        OutputError: the file cannot be written.
    """
    blocks = [
        f"{number}\n{_stamp(start)} --> {_stamp(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(subtitles, 1)
    ]
    with atomic(path) as part:
        part.write_text("\n".join(blocks), "utf-8")


def subtitle_text(text: str) -> str:
    """Without what players take for markup, and on one line; the format has no escapes."""
    return " ".join(readable(text).split()).translate(_MARKUP)


def _stamp(seconds: float) -> str:
    """Hours:minutes:seconds,milliseconds."""
    total = round(max(0.0, seconds) * 1000)
    hours, rest = divmod(total, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"

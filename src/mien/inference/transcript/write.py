"""Lines as files: CSV, JSON, SRT and ELAN; the page has a module of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from mien.core.atomic import atomic
from mien.core.published import readable
from mien.inference.transcript.result import Line, Lines
from mien.output.formats.elan import write_tiers
from mien.output.formats.tiers import Tier, plain
from mien.output.report.cells import Run
from mien.output.report.subtitles import subtitle_text, write_subtitles

__all__ = ["SUFFIXES", "write_lines", "write_lines_csv", "write_lines_eaf", "write_lines_json"]

SUFFIXES = {
    "json": ".lines.json",
    "csv": ".lines.csv",
    "srt": ".lines.srt",
    "eaf": ".lines.eaf",
    "html": ".lines.html",
}
"""{form: put after the full name of the clip}, as in clip.mp4.lines.csv."""

_LEAST = 0.04  # s that a subtitle or an annotation lasts

Cell = bool | int | float | str | None


def write_lines(lines: Lines, form: str, path: Path, clip: Path | None = None) -> None:
    """Write one of `SUFFIXES`, whole or not at all.

    Args:
        lines: the answer.
        form: a key of `SUFFIXES`.
        path: of the file.
        clip: that a page plays; None looks for it beside the page.

    Raises:
        OutputError: the file cannot be written.
    """
    if form == "html":
        import_module("mien.inference.transcript.html").write_lines_html(lines, path, clip)
        return
    writers: dict[str, Callable[[Lines, Path], None]] = {
        "json": write_lines_json,
        "csv": write_lines_csv,
        "srt": write_lines_srt,
        "eaf": write_lines_eaf,
    }
    writers[form](lines, path)


def write_lines_json(lines: Lines, path: Path) -> None:
    """Write `Lines.to_dict()`, UTF-8, one line.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic(path) as part:
        text = json.dumps(lines.to_dict(), ensure_ascii=False, allow_nan=False)
        part.write_text(text + "\n", "utf-8")


def write_lines_csv(lines: Lines, path: Path) -> None:
    """Write a row for each line (RFC 4180, UTF-8); a cell is empty where something was absent.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns(lines))
        for row in rows(lines):
            writer.writerow(str(cell).lower() if isinstance(cell, bool) else cell for cell in row)


def columns(lines: Lines) -> tuple[str, ...]:
    """Names of the columns; a name that is taken gets an underscore at its end."""
    names = ["number", "start", "end", "speaker", "person", "text", "label", "confidence"]
    names += ["reliable", "reasons", *lines.labels]
    names += [f"{branch}_{name}" for branch in _branches(lines) for name in lines.labels]
    if _compared(lines):
        names += [f"relative_{name}" for name in lines.labels]
    names.append("path")
    taken: dict[str, None] = {}
    for name in names:
        while name in taken:
            name += "_"
        taken[name] = None
    return tuple(taken)


def rows(lines: Lines) -> Iterator[list[Cell]]:
    """The cells of each line in the order of `columns`."""
    path, branches = readable(str(lines.source["path"])), _branches(lines)
    for line in lines.lines:
        row: list[Cell] = [line.number, round(line.start, 4), round(line.end, 4)]
        row += [readable(line.speaker), line.person, readable(line.text), line.label]
        row.append(None if line.confidence is None else round(line.confidence, 6))
        row += [line.reliable, " ".join(reason.code for reason in line.reasons)]
        for values in (line.probabilities, *(line.branches.get(b) for b in branches)):
            probabilities = values or {}
            row += [
                round(probabilities[n], 6) if n in probabilities else None for n in lines.labels
            ]
        if _compared(lines):
            beside = line.relative or {}
            row += [round(beside[n], 6) if n in beside else None for n in lines.labels]
        yield [*row, path]


def _compared(lines: Lines) -> bool:
    return any(line.relative is not None for line in lines.lines)


def _branches(lines: Lines) -> list[str]:
    return list(dict.fromkeys(branch for line in lines.lines for branch in line.branches))


def write_lines_srt(lines: Lines, path: Path) -> None:
    """Write the subtitles again, each with its label before the text: "[happy 72%] Anna: ...".

    A label that is not one to rely on has a question mark.

    Raises:
        OutputError: the file cannot be written.
    """
    write_subtitles(
        path,
        [(line.start, max(line.end, line.start + _LEAST), _subtitle(line)) for line in lines.lines],
    )


def _subtitle(line: Line) -> str:
    speaker = f"{subtitle_text(line.speaker)}: " if line.speaker else ""
    mark = "" if line.reliable else "?"
    label = (
        "" if line.label is None else f"[{subtitle_text(line.label)} {line.confidence:.0%}{mark}] "
    )
    return label + speaker + subtitle_text(line.text)


def write_lines_eaf(lines: Lines, path: Path) -> None:
    """Write two tiers a speaker for ELAN: the text and, with "emotion" after its name, the label.

    Lines of one speaker that overlap go to further tiers, since none may.

    Raises:
        OutputError: the file cannot be written.
    """
    tiers: list[Tier] = []
    for name in dict.fromkeys(line.speaker for line in lines.lines):
        spoken = [line for line in lines.lines if line.speaker == name]
        for number, part in enumerate(_apart(spoken), 1):
            title = plain(name) or "lines"
            title += f" {number}" if number > 1 else ""
            texts = [Run(*_times(line), plain(line.text), 0.0) for line in part]
            labels = [Run(*_times(line), plain(line.label), 0.0) for line in part if line.label]
            tiers.append(Tier(_unused(title, tiers), tuple(texts)))
            tiers.append(Tier(_unused(f"{title}, emotion", tiers), tuple(labels)))
    write_tiers(tiers, lines.source, lines.model["name"], path)


def _times(line: Line) -> tuple[float, float]:
    start = round(max(0.0, line.start), 3)
    return start, round(max(line.end, start + _LEAST), 3)


def _apart(lines: Sequence[Line]) -> list[list[Line]]:
    """As few lists as there are lines at one time, none of them with two that overlap."""
    parts: list[list[Line]] = []
    for line in lines:
        free = [part for part in parts if _times(part[-1])[1] <= _times(line)[0]]
        (free[0] if free else _new(parts)).append(line)
    return parts


def _new(parts: list[list[Line]]) -> list[Line]:
    parts.append([])
    return parts[-1]


def _unused(title: str, tiers: Sequence[Tier]) -> str:
    names = {tier.name for tier in tiers}
    while title in names:
        title += "_"
    return title
